"""Danger at home, and everyday life at home, by rules alone: the language service may be away."""

import pytest

from bot.dialogue.risk import screen
from storage.records import Risk


@pytest.mark.parametrize(
    "text",
    [
        *("아빠가 죽인다고 했어", "새아빠가 죽일 거래요", "아빠가 숙제 안 했다고 때렸어"),
        *("아빠가 때려서 숙제를 못 했어", "아빠한테 아침에 맞았어", "아빠한테 대들다 맞았어"),
        *("아빠가 들어와서 때렸어요", "게임하다가 아빠한테 맞았어", "할머니한테 빗자루로 맞았어요"),
        *("게임했다고 아빠가 때리고 쫓아냈어", "코치가 때려요", "팔에 멍이 있는데 아빠가 그랬어요"),
        *("아빠가 그런 건데 넘어졌다고 말하래요", "아빠 또 칼", "엄마가 저만 굶겨요"),
        *("새엄마가 저한테는 밥을 안 줘요", "아빠가 벌이라고 이틀 동안 밥을 안 줬어요"),
        *("엄마가 아파서 밥을 안 해줘서 삼일째 굶었어요", "엄마가 집에 안 온 지 5일 됐어요"),
        *(
            "엄마가 나간 지 사흘 됐어요",
            "아빠가 5일째 집에 안 와요",
            "아빠가 나가래서 밖에서 잤어요",
        ),
        *("새아빠가 한밤중에 집에서 내쫓았어요", "선배들이 매주 만원씩 걷어가요"),
        *("형들한테 돈 뺏겼어", "엄마가 너랑 나랑 죽자고 해요", "아빠가 가족 다 데리고 죽겠대요"),
        *("dad said he will kill me if i tell anyone", "dad hit me in the face with a shoe"),
        *("grandma hits us with a stick", "mom hasnt come home for four days"),
        "older kids make me bring them money every day",
    ],
)
def test_danger_at_home_raises_an_alarm(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        *("아빠가 칼 들고 쫓아와서 못 나가", "칼 들고 아빠가 쫓아와 청소 안 한다고"),
        *("아빠가 유리병 들고 위협했어", "엄마가 쓰러져서 안 일어나", "엄마가 의식이 없어요"),
        *("동생이 물에 빠져서 숨을 안 쉬고 있어요", "아빠가 숨을 못 쉬어요"),
        *("she stopped breathing please", "grandpa is unconscious on the floor"),
    ],
)
def test_what_happens_at_home_right_now_is_imminent(text: str) -> None:
    assert screen([text]).level is Risk.IMMINENT


@pytest.mark.parametrize(
    "text",
    [
        *("가죽 자켓 샀어", "가죽 재킷 예쁘다", "엄마가 숙제하래", "아빠가 학원 데려다줬어"),
        *(
            "아빠 말이 다 맞았어",
            "오빠가 백점 맞았어",
            "아빠가 데리러 왔어",
            "친구가 집 앞에 와있어",
        ),
        *("게임에서 형이 나 죽여", "배그하다가 총 맞았어"),
        *(
            "아빠 출장 간 지 일주일",
            "엄마가 산책 나간 지 10분",
            "장염이라 이틀째 아무것도 못 먹었어",
        ),
        *("햄스터가 이틀째 아무것도 못 먹어서 병원 갔어", "엄마가 며칠째 안 오는 택배 기다려"),
        *("엄마가 칼 들고 수박 자르러 왔어", "아빠가 방망이 들고 들어왔어 야구하러 가자고"),
        *("엄마가 칼국수 해줬어", "아빠가 오늘 칼퇴했어", "아빠가 멍 때리고 있어"),
        *("엄마가 회사 때려치웠어", "저 굶기는 싫어서 급식 다 먹었어요"),
        *("엄마가 밥 안 주고 피자 시켜줬어", "우리 반 달팽이 밥 챙겨주는 사람이 없어"),
        *("친구 집에서 쫓겨났어 너무 시끄럽다고", "길고양이를 엄마가 쫓아냈어 불쌍해"),
        *("동아리 선배들이 회비 만원 가져오래", "오빠들이 치킨 다리 뺏어 먹었어"),
        *("아빠가 물고기 다 죽자 어항 치웠어", "아빠가 게임에서 같이 죽자고 해서 웃겼어"),
        *("배드민턴 치다 아빠한테 맞은 데 이제 괜찮아", "아빠가 다리미로 바지 다렸어"),
        *("mom will kill me if i fail math", "he hit me in the face with a pillow"),
        *("dad kicks me the ball and i score", "mom hits me up when dinner is ready"),
        "dad is gone for weeks on the oil rig but calls every night",
    ],
)
def test_everyday_life_at_home_is_no_alarm(text: str) -> None:
    assert screen([text]).level < Risk.HIGH

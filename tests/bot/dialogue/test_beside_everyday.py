"""Danger told beside school, games and food, by rules alone, and what only sounds so."""

import pytest

from bot.dialogue.risk import screen
from storage.records import Risk


@pytest.mark.parametrize(
    "text",
    [
        "힘들어 죽어버리고 싶어",
        "짜증나 죽어버릴래",
        "답답해 죽어야겠어",
        "폰 뺏겨서 죽고 싶어",
        "핸드폰 때문에 죽고 싶어요",
        "컴퓨터 끄고 죽을래 이제",
        "강아지 없으면 나 죽는 게 나아",
        "수업이 끝나고 뛰어내릴 거야",
        "영화를 보고 자살하고 싶어졌어",
        "국어시간에 자해했어 아무도 못 봤어",
        "so tired i want to die every single day",
        "so embarrassed i wanna die for real",
        "자해 안 했다고 했는데 어제 또 했어",
        "아침에 눈 안 떴으면 좋겠어 급식 먹기 싫어",
        "트럭이 나 쳤으면 좋겠다",
        "할머니 돌아가셔서 나도 따라 가고 싶어",
        "i wish a truck would run me over on the way to school",
        "샤프로 손목 긁었어 수학 시간에",
        "급식 먹다가 친구 팔 봤는데 칼자국이 수십 개야",
        "친구가 단톡에 잘 있어 얘들아 하고 폰 껐어",
        "i hope i dont wake up tomorrow",
        "my bestie keeps cutting, i saw it in pe",
        "i scratch my arms till it bleeds in class",
        "과외 오빠가 줌으로 카메라 켜고 춤춰보래 둘만 있을 때",
        "학원쌤이 자꾸 밤에 사진 찍어서 보내래",
        "선생님이 누워서 찍어서 보내래",
        "쌤이 새벽에 자꾸 사진 보내래",
        "드라마처럼 협박당했어 영상 보낸다고",
        "약속 안 지키면 영상 올린대",
        "운동 안 하면 과외쌤이 내 사진 올린대",
        "졸업사진 뿌린다고 했어",
        "콘서트 티켓 준다는 트친 오빠가 호텔에서 만나재",
        "친구가 소개해준 오빠가 재워준대 나 지금 집 나왔어",
        "아는 삼촌이 용돈 준다고 같이 드라이브 가재",
        "아빠 친구가 돈 준다고 만나재",
        "편의점 알바 하는데 사장님이 집에 와서 자고 가면 돈 더 준대",
        "피씨방 알바 사장이 자기 집에 와서 자래",
        "담임이 시키는대로 안하면 사진 보낸대",
        "아빠 친구라는 아저씨가 나오래",
        "체육복 갈아입는데 남자애가 동영상 찍고 있었어",
        "급식 먹는데 애들이 내 얼굴로 이상한 영상 만든거 돌려보고 있었어",
        "게임에서 알게된 누나가 학교 앞으로 온다고 해",
        "친구 사진 구해오면 지워준대",
        "he will post our video if i break up with him",
        "theres a car that keeps parking outside my school and the man waves at me",
        "a van keeps driving past our house",
    ],
)
def test_danger_beside_everyday_things_raises_an_alarm(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        "인터넷에 죽을 방법 찾아봤어",
        "옥상에 혼자 서있어 야경 보면서",
        "감기약 오십 알 한꺼번에 먹었는데 속이 이상해",
        "두통약 두 판을 다 먹었어",
        "친구가 학교 창틀에 걸터앉아 있어",
        "게임에서 만난 형 집에 갇혔어",
        "학교 끝나면 그 아저씨가 차에서 기다려요",
        "엄마가 데리러 온다고 거짓말하는 아저씨가 차 타래",
        "엄마 아는 사람이라면서 차에 타라고 했어",
        "집 가는데 차가 천천히 따라와",
    ],
)
def test_imminent_danger_beside_everyday_things_is_imminent(text: str) -> None:
    assert screen([text]).level is Risk.IMMINENT


@pytest.mark.parametrize(
    "text",
    [
        "숙제 좀 사라졌으면",
        "월요일 사라졌으면 좋겠다",
        "할머니 장례식 다녀왔어",
        "장래희망이 경찰이에요",
        "웃겨 죽어 진짜",
        "더워 죽어가는 중",
        "폰 배터리 죽을 것 같아",
        "강아지가 아파서 곧 죽을 거예요",
        "고양이가 죽는 게 무서워",
        "드라마에서 주인공이 자해했어",
        "영화에서 아저씨가 칼로 찌르는 장면 무섭",
        "역사시간에 왕이 자살한 이야기 들었어",
        "so tired i want to die lol",
        "옥상에서 고기 구워먹음",
        "한강 다리 위에서 야경 봤는데 예쁘더라",
        "감기약 두 번 먹었어",
        "두통약 한 알 먹고 잤어",
        "kitchen knife on the table",
        "화분이 죽으려고 해 물 줘야지",
        "단체사진에서 나만 눈 안 떴어",
        "차가 물웅덩이 치고 가서 다 젖음",
        "컴퍼스로 원 그리다 손 찔림",
        "난간에 걸터앉지 말래 선생님이",
        "지금 옥상이야 고기 굽는 중 빨리 와",
        "my friend keeps cutting in line",
        "과외쌤이 카메라 켜고 숙제 보여달래",
        "체육쌤이 화면 켜고 춤 연습하래",
        "쌤이 밤하늘 사진 찍어서 보내래",
        "선생님이 몸풀기 영상 찍어서 보내래",
        "엄마가 다리 멍든 데 찍어서 보내래",
        "드라마에서 주인공이 협박당하는 장면 봄",
        "밥 안 먹으면 엄마가 웃긴 사진 올린대",
        "숙제 안하면 엄마가 아빠한테 말한대",
        "졸업사진 친구들한테 뿌려달래",
        "친구가 소개해준 학원 다니기로 했어",
        "엄마 친구가 데리러 온대",
        "아빠 친구가 용돈 주셨어",
        "이모가 용돈 준다고 놀러오래",
        "편의점 알바 면접 봤는데 사장님이 다음 주부터 나오래요",
        "편의점 알바 끝나고 집에 와서 치킨 먹음",
        "쌤이 시키는대로 사진 찍었더니 잘 나옴",
        "게임에서 만난 보스가 계속 쫓아와",
        "게임에서 만난 사람들이랑 보스한테 쫓기는 중",
        "버스 아저씨가 차 타래",
        "그 아저씨가 주차 기다려",
        "오빠 차가 뒤에서 따라와 가족여행 중",
        "앱에서 주문한 게 집으로 온다",
        "숙제 다 하면 사진 지워준대",
        "ill post our video unless i forget",
        "the ice cream truck keeps driving past my house",
    ],
)
def test_everyday_things_beside_words_of_danger_are_no_alarm(text: str) -> None:
    assert screen([text]).level < Risk.HIGH

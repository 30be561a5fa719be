"""A body in danger, by rules alone: who needs an ambulance, and what only sounds so."""

import pytest

from bot.dialogue.risk import screen
from storage.records import Risk


@pytest.mark.parametrize(
    "text",
    [
        *("동생이 락스 마셨어요", "동생이 엄마 약을 다 먹었어요", "동생이 베란다에서 떨어졌어"),
        *(
            "친구가 3층에서 떨어졌는데 안 움직여",
            "my brother swallowed a battery",
            "애기가 건전지 삼켰어요",
        ),
        *("my baby sister drank bleach", "my little brother is choking", "동생이 경련해요"),
        *(
            "엄마가 약을 많이 먹고 안 일어나요",
            "my bf wont wake up he took pills",
            "친구가 차에 치였어",
        ),
        *(
            "i cant breathe help",
            "엄마가 쓰러졌어요 도와주세요",
            "my throat is closing up i ate peanuts",
        ),
        *("게임하고 있었는데 엄마가 쓰러졌어", "i was playing minecraft and my dad collapsed"),
        *(
            "작년에 돌아가신 할머니처럼 엄마가 쓰러졌어",
            "엄마가 안 깨어나요 흔들어도요 학교 가야 되는데 몸이 차가워요",
        ),
        *(
            "my grandpa died last year and now my mom wont wake up",
            "she drank bleach my little sister",
        ),
        *("아빠가 밀어서 엄마가 쓰러졌어", "i have school but my mom wont wake up and shes cold"),
        *(
            "할아버지가 또 쓰러지셨어요 예전에도 그랬는데",
            "우리 막내가 숨을 안 쉬어",
            "my mom wont wake up",
        ),
    ],
)
def test_who_needs_an_ambulance_is_told_of_it_before_any_other_harm(text: str) -> None:
    found = screen([text])
    assert (found.level, found.category) == (Risk.IMMINENT, "medical")


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("약 다 먹었어요", "self_harm"),
        ("엄마 약 많이 먹었어요 배가 이상해요", "self_harm"),
        ("피가 안 멈춰요", "self_harm"),
        ("i cant stop the bleeding", "self_harm"),
        ("i drank bleach", "self_harm"),
        ("차에 치여서 죽고 싶어", "self_harm"),
        ("i wish a truck would run me over", "self_harm"),
        ("친구가 약 많이 먹었대", "friend_self_harm"),
        ("my friend swallowed a bunch of pills", "friend_self_harm"),
        ("엄마가 때려도 대답을 안 했어", "danger"),
        ("아빠가 때려도 대답이 없이 참았어", "danger"),
        ("엄마가 때려도 반응이 없어 나 이제 안 무서워", "danger"),
        ("my brother is choking me", "danger"),
    ],
)
def test_ones_own_death_that_of_a_friend_and_violence_stay_what_they_are(
    text: str, category: str
) -> None:
    found = screen([text])
    assert found.level >= Risk.HIGH
    assert found.category == category


@pytest.mark.parametrize(
    "text",
    [
        *(
            "엄마 불러도 대답이 없어 드라마 보는 중",
            "아빠 불러도 대답 안 해 티비 보느라",
            "동생 불러도 대답을 안 해 짜증나",
        ),
        *(
            "친구가 불러도 대답이 없어 나한테 서운한가봐",
            "아기가 흔들어도 안 깨고 잘 자서 다행이야",
        ),
        *(
            "엄마가 흔들어도 안 일어나는 꿈 꿨어",
            "영화에서 엄마가 흔들어도 눈을 안 떠서",
            "아빠가 소파에 쓰러져 자",
        ),
        *(
            "my mum wont wake up and i need help with homework",
            "my dad isnt waking up please i want pancakes",
        ),
        *("i cant wake up my mom or shell be mad", "we couldnt wake him up for the movie"),
        *(
            "i cant wake my dad up he worked night shift",
            "shouting at my dad and he wont answer hes mad at me",
        ),
        *(
            "screaming at my mum and she does not open the door for me",
            "동생이 웃겨서 쓰러져서 못 일어나",
        ),
        *(
            "i couldnt wake my mom up last year and she was in hospital but shes ok now",
            "드라마에서 아빠가 쓰러졌는데 안 일어나",
        ),
        *(
            "my character passed out and wont get up",
            "my grandpa stopped breathing last year",
            "아빠가 15일 안 와도 된대",
        ),
        *(
            "엄마 15일 안 온대?",
            "엄마가 25일 안 온다고 했어 학부모 상담",
            "아빠 10일 안 오면 11일에 오셔",
        ),
        *(
            "엄마가 2주째 안 와 병원에 입원해서",
            "아빠 2주째 안 들어와 군인이라",
            "동생이 물에 빠졌다가 나왔는데 지금 괜찮대",
        ),
        *(
            "엄마가 눈 뒤집고 소리질러",
            "동생이 수학에 빠졌어",
            "친구가 시험지 보고 쓰러졌어 ㅋㅋ",
            "my dog isnt waking up please hes lazy",
        ),
        *(
            "we are choking in every game",
            "my dad had a fit because i was late",
            "my friend had a seizure when she was 5",
        ),
    ],
)
def test_who_sleeps_sulks_or_only_tells_a_story_is_no_alarm(text: str) -> None:
    assert screen([text]).level < Risk.HIGH


@pytest.mark.parametrize(
    "text",
    [
        *(
            "엄마 집에 안 온 지 2주 됐어",
            "엄마 안 들어온지 보름 됐어요",
            "엄마랑 연락 안 된 지 2주 됐어",
        ),
        *(
            "엄마 두주째 안 와",
            "엄마 두 달째 안 와",
            "엄마 몇 달째 안 와",
            "아빠 2주 넘게 안 들어와",
        ),
        *("아빠가 2주 전에 나가서 안 들어와", "mum hasnt come home in a month"),
        "엄마 2주째 안 와 병원에 있는데 나 혼자 굶었어",
    ],
)
def test_parents_who_are_away_for_weeks_raise_an_alarm(text: str) -> None:
    assert screen([text]).level >= Risk.HIGH

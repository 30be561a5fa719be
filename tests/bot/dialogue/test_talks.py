"""Short talks from beginning to end, written to be read like a play.

`>` is the young person, `<` is the start of what the bot says; `!` is what is asked of us.
"""

import pytest

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.risk import screen
from bot.dialogue.turn import Part, Turn
from bot.messages import MessageKind, NluResult
from storage.records import ConversationState, Language

CONTENT = load_content(FOLDER)

PLAYS = {
    "threatened, and not alone": """
> (sextortion) 사진 뿌린다고 협박당하고 있어요
< 말해 줘서 고마워요. 저는 챗봇 '곁'이에요.
< 많이 무서웠죠. 네 잘못이 아니에요.
! crisis
> 다음
< 이제 답을 멈춰도 돼요.
> (blame) 제 잘못인가요
< 아니요, 네 잘못이 아니에요.
> (parents) 엄마가 알게 되나요
< 저는 부모님 연락처를 몰라서
> (affirm) 네
< 경찰에 신고하면 보호자가 알게 되는지는
> (thanks) 고마워요
< 네, 읽었어요.
""",
    "a night alone": """
> ㅎㅇ (greet)
< 안녕하세요, 저는 챗봇 '곁'이에요.
< 어떤 일이 있었나요?
> (loneliness) 그냥 외로워서
< 얘기할 사람이 없다고 느낄 때
> 죽고 싶어
< 말해 줘서 고마워요. 혼자 견디지 않아도
< 지금 정말 많이 힘들군요.
! crisis
> 지금은 안전해요
< 다행이에요.
> 숨 고르기
< 같이 숨을 쉬어 볼까요?
> 안 기다릴래요
< 알겠어요, 기다리는 걸 멈췄어요.
! cancel
""",
    "misunderstood twice": """
> (greet?) 그니까 그게
< 안녕하세요, 저는 챗봇
< 제가 잘 못 알아들었어요.
> (greet?) 아니이
< 제가 계속 못 알아들어서
! not_understood
""",
    "the service behind is away": """
> 요즘 애들이 이상하게 굴어
< 안녕하세요, 저는 챗봇
< 지금 제가 글을 잘 이해하지
! nlu_away
> 몇 분 걸려요
< 네, 읽었어요.
> 상담사와 얘기할래요
< 저도 같이 기다리고
""",
    "somebody comes in": """
> (grooming) 누가 자꾸 말 걸어
< 안녕하세요, 저는 챗봇
< 말하기 쉽지 않았을 텐데
> 누가 보고 있어
< 알겠어요. 지금은 여기까지
> (greet) 나 왔어
< 반가워요, 듣고
""",
    "in English": """
> (image_sharing) someone is sharing my photos with everyone
< Thank you for telling me. I'm a chatbot called Gyeot.
< That must be upsetting and scary.
! crisis
> Next
< Write down the links
> 한국어
< 네, 한국어로 얘기할게요.
""",
    "it was a friend": """
> (worried_friend) 친구가 걱정돼요
< 안녕하세요, 저는 챗봇
< 친구를 그냥 두지 않고
> 1
< 비밀로 해 달라고 해도
> 상담사랑 얘기할래요
< 상담사에게 연결을 요청했어요. 몇 분이 걸릴지는 지금 알 수 없어요.
! requested
""",
    "swearing and testing": """
> (testing) 테스트
< 안녕하세요, 저는 챗봇
< 네, 잘 작동하고 있어요.
> (abusive) 바보야
< 화가 많이 났나 봐요.
> (correction) 아니 그게 아니라
< 아, 제가 잘못 알아들었네요.
> (out_of_scope) 택배 언제 와
< 그건 제가 도울 수 없는
> (erase) 기록 지워 줘
< 이 방에서 바로 지우는 기능은 아직 없어요.
> (goodbye) 갈게
< 이야기해 줘서 고마워요.
""",
}


def spoken(line: str) -> tuple[str, NluResult | None]:
    text, result = line.removeprefix("> "), None
    if "(" in text:
        before, _, rest = text.partition("(")
        name, _, after = rest.partition(")")
        text = (before + after).strip()
        result = NluResult(name.rstrip("?"), 0.2 if name.endswith("?") else 0.9)
    return text, result


def play(script: str) -> list[str]:
    """Perform the young person's lines and return the whole talk as it went."""
    memory, language, state = Memory(), Language.KO, ConversationState.BOT
    went: list[str] = []
    for line in script.strip().splitlines():
        if not line.startswith(">"):
            continue
        text, nlu = spoken(line)
        parts = (Part(text, MessageKind.TEXT),)
        arrived = Turn(parts, text, nlu, screen([text]), state, language, memory, first=not went)
        decision = decide(arrived, CONTENT)
        memory, language = decision.memory, decision.language
        went += [line, *(f"< {reply.text}" for reply in decision.replies)]
        if decision.ask and state is ConversationState.BOT:
            state = ConversationState.QUEUED
            went.append(f"! {decision.ask}")
        if decision.cancel:
            state = ConversationState.BOT
            went.append("! cancel")
    return went


@pytest.mark.parametrize("title", PLAYS)
def test_the_talk_goes_as_written(title: str) -> None:
    script = PLAYS[title].strip().splitlines()

    went = play(PLAYS[title])

    assert len(went) == len(script), "\n".join(went)
    for heard, written in zip(went, script, strict=True):
        assert heard.startswith(written), "\n".join(went)

"""Who waits is told the truth about the line, when they ask and when it changed."""

from dataclasses import replace

import pytest

from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.turn import Decision, Turn
from bot.dialogue.waiting import PLACES, place_of
from bot.messages import MessageKind
from storage.records import Language
from tests.bot.dialogue.turns import BOT, CONTENT, KNOWN, QUEUED, turn

ASKED = replace(KNOWN, last="asked.1", choices=("go:calm", "wait:place", "wait:cancel"))


def waiting(text: str, ahead: int | None, memory: Memory = KNOWN, **more: object) -> Decision:
    heard: Turn = turn(text, intent="smalltalk", state=QUEUED, memory=memory, **more)  # type: ignore[arg-type]
    return decide(replace(heard, ahead=ahead), CONTENT)


def group(decision: Decision) -> str:
    return str(decision.memory.last).rpartition(".")[0]


@pytest.mark.parametrize(
    ("ahead", "name"),
    [(0, "place_next"), (1, "place_one"), (2, "place_two"), (3, "place_few"), (9, "place_few"),
     (10, "place_many"), (400, "place_many")],
)  # fmt: skip
def test_the_place_that_is_said_is_true(ahead: int, name: str) -> None:
    assert place_of(ahead) == name
    assert group(waiting("거기 있어요?", ahead)) == name


def test_the_place_is_said_again_when_it_changed_and_not_before() -> None:
    first = waiting("거기 있어요?", 2)
    second = waiting("네", 2, first.memory)
    third = waiting("음", 1, second.memory)

    assert [group(each) for each in (first, second, third)] == ["place_two", "waiting", "place_one"]


@pytest.mark.parametrize(
    "text",
    ["몇 분 걸려요?", "얼마나 걸려요", "언제 와요", "몇명 남았어", "아직 멀었어요?",
     "내 차례 언제야",
     "how long does it take", "when will they come"],
)  # fmt: skip
def test_who_asks_how_long_is_told_their_place_each_time(text: str) -> None:
    once = waiting(text, 1, ASKED)
    again = waiting(text, 1, once.memory)

    assert (group(once), group(again)) == ("place_one", "place_one")
    assert once.memory.last != again.memory.last


def test_a_line_that_cannot_be_seen_is_not_made_up() -> None:
    assert group(waiting("얼마나 걸려요", None, ASKED)) == "waiting"


def test_who_does_not_wait_any_more_is_told_of_no_place() -> None:
    stale = turn("wait:place", state=BOT, memory=ASKED, kind=MessageKind.BUTTON)

    assert group(decide(stale, CONTENT)) == "menu"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", PLACES)
def test_no_sentence_promises_a_time_and_each_leaves_the_wait_to_them(
    name: str, language: Language
) -> None:
    for sentence in CONTENT.groups[name]:
        reply = CONTENT.reply(sentence, language, waiting=True)

        assert "wait:cancel" in [each.payload for each in reply.quick_replies]
        assert not any(word in reply.text for word in ("곧", "금방", "soon", "shortly"))

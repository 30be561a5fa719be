"""Who writes is told honestly when nobody is here, and never loses the numbers."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.service import SEOUL, Service, beside, opens_at, spoken
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import MessageKind
from storage.records import ConversationState, Language, Risk

CONTENT = load_content(FOLDER)
OFFICE = json.dumps(
    {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    | {"2026-11-30": [], "2026-12-05": [["10:30", "24:00"]]}
)
FRIDAY = datetime(2026, 11, 27, tzinfo=SEOUL)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return FRIDAY.replace(day=day, hour=hour, minute=minute)


def turn(text: str = "ask:person", **more: object) -> Turn:
    made = Turn(
        parts=(Part(text, MessageKind.BUTTON),), joined=text, nlu=None, risk=Screening(),
        state=ConversationState.BOT, language=Language.KO, memory=Memory(), first=True,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


def told(one: Turn, service: Service, now: datetime) -> Decision:
    return beside(decide(one, CONTENT), one, CONTENT, service, now)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (at(27, 10), at(27, 10)),
        (at(27, 12), at(27, 13)),
        (at(27, 8, 59), at(27, 9)),
        (at(27, 18), FRIDAY.replace(month=12, day=1, hour=9)),  # Monday is a special day
        (FRIDAY.replace(month=12, day=5, hour=23, minute=59),) * 2,
    ],
)
def test_hours_are_those_of_seoul_and_a_date_goes_before_its_weekday(
    now: datetime, opens: datetime
) -> None:
    assert opens_at(OFFICE, now) == opens


def test_without_a_table_somebody_is_always_here_and_without_hours_never() -> None:
    assert opens_at("", FRIDAY) == FRIDAY
    assert opens_at("{}", FRIDAY) is None


def test_who_asks_out_of_hours_hears_when_and_what_is_open_now_and_keeps_the_place() -> None:
    decision = told(turn(), Service(hours=OFFICE), at(27, 12))

    said = [reply.text for reply in decision.replies]
    assert any("오늘 오후 1시" in text and "112" in text and "109" in text for text in said)
    assert decision.ask is not None
    assert not any("{" in text for text in said)
    assert decision.replies[-1].quick_replies == decide(turn(), CONTENT).replies[-1].quick_replies


def test_in_hours_nothing_is_added() -> None:
    for service in (Service(), Service(hours=OFFICE)):
        assert told(turn(), service, at(27, 10)) == decide(turn(), CONTENT)


def test_a_crisis_out_of_hours_keeps_every_word_it_had() -> None:
    danger = turn("죽고 싶어", risk=Screening(Risk.IMMINENT, "self_harm", "rule"))
    before = decide(danger, CONTENT)

    after = told(danger, Service(hours="{}"), at(27, 12))

    assert [one for one in after.replies if one in before.replies] == list(before.replies)
    assert (after.ask, after.risk) == (before.ask, before.risk)


def test_a_surge_is_told_to_who_comes_new_but_to_no_neutral_answer() -> None:
    surge = Service(surge="surge_many.1")
    words = CONTENT.sentence("surge_many.1", Language.KO)

    assert words in [one.text for one in told(turn(), surge, FRIDAY).replies]
    neutral = turn("erase:yes")
    assert told(neutral, surge, FRIDAY) == decide(neutral, CONTENT)
    unknown = Service(surge="surge_gone.9")
    assert told(turn(), unknown, FRIDAY) == decide(turn(), CONTENT)


@pytest.mark.parametrize(
    ("opens", "ko", "en"),
    [
        (at(28, 9), "내일 오전 9시", "tomorrow at 9 a.m."),
        (at(27, 18, 30), "오늘 오후 6시 30분", "today at 6:30 p.m."),
        (at(30, 12), "월요일 오후 12시", "on Monday at 12 p.m."),
    ],
)
def test_an_opening_is_said_as_one_says_it(opens: datetime, ko: str, en: str) -> None:
    now = at(27, 12)
    assert (spoken(opens, now, Language.KO), spoken(opens, now, Language.EN)) == (ko, en)


def test_nothing_is_said_beside_a_cover_however_many_wait() -> None:
    """Who looks over the shoulder would read of counselors and numbers."""
    service = Service(surge=next(one for one in CONTENT.sentences if one.startswith("surge_")),
                      hours=OFFICE)  # fmt: skip
    covered = Memory(introduced=True, covered=1)
    for words, risk in (
        ("상담사 불러줘", Screening()),
        ("죽고 싶어", Screening(Risk.HIGH, "self_harm", "x")),
    ):
        heard = turn(words, parts=(Part(words),), memory=covered, risk=risk, first=False)
        plain = decide(heard, CONTENT)

        assert plain.ask is not None
        assert told(heard, service, at(27, 20)) == plain
    watched = turn("누가 보고 있어", parts=(Part("누가 보고 있어"),))
    assert told(watched, service, at(27, 20)) == decide(watched, CONTENT)


@pytest.mark.parametrize("said", range(4))
def test_nothing_is_said_beside_a_neutral_answer(said: int) -> None:
    waits = Memory(introduced=True, waiting_said=said)
    for words in ("지워줘", "누가 보고 있어"):
        heard = turn(
            words, parts=(Part(words),), memory=waits, first=False, state=ConversationState.QUEUED
        )

        assert told(heard, Service(hours=OFFICE), at(27, 20)) == decide(heard, CONTENT)

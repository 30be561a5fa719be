"""How much one sender may write, and what passes always."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.web.frames import TEXT_LIMIT
from bot.dialogue.content import FOLDER
from bot.flood import HARD, HARD_DAY, READ, SENDERS, SOFT, URGENT, Flood, Ruling
from bot.lexicon_file import EVERY, LexiconFile
from bot.messages import InboundMessage, MessageKind
from tests.bot.road import CONTENT_FILES, said
from tests.bot.test_lexicon_file import WORD
from tests.factories import NOON

SECOND = timedelta(seconds=1)
DANGER = "지금 죽고 싶어요"


def flood() -> Flood:
    return Flood(CONTENT_FILES)


def rulings(
    limits: Flood, message: InboundMessage, times: int, *, now: datetime = NOON
) -> list[Ruling]:
    return [limits.rule(message, now=now) for _ in range(times)]


def test_what_is_usual_is_taken() -> None:
    assert set(rulings(flood(), said("안녕"), SOFT)) == {Ruling.TAKE}


def test_more_than_usual_is_gathered() -> None:
    assert rulings(flood(), said("안녕"), HARD)[SOFT:] == [Ruling.GATHER] * (HARD - SOFT)


def test_too_much_is_refused_and_said_once_a_minute() -> None:
    limits = flood()
    rulings(limits, said("안녕"), HARD)

    first = rulings(limits, said("안녕"), 3)
    later = rulings(limits, said("안녕"), HARD + 2, now=NOON + 60 * SECOND)

    assert first == [Ruling.REFUSE_ALOUD, Ruling.REFUSE, Ruling.REFUSE]
    assert later[HARD:] == [Ruling.REFUSE_ALOUD, Ruling.REFUSE]


def test_after_a_minute_everything_is_as_before() -> None:
    limits = flood()
    rulings(limits, said("안녕"), HARD + 9)

    assert rulings(limits, said("안녕"), 1, now=NOON + 60 * SECOND) == [Ruling.TAKE]


def test_what_could_not_be_stored_is_not_counted() -> None:
    limits = flood()
    for _ in range(3 * HARD_DAY):
        assert limits.rule(said("안녕"), now=NOON) is Ruling.TAKE
        limits.take_back(said("안녕"))


def test_a_day_has_its_own_limit() -> None:
    limits = flood()
    for number in range(HARD_DAY):
        assert limits.rule(said("안녕"), now=NOON + 6 * number * SECOND) is Ruling.TAKE
    now = NOON + 6 * HARD_DAY * SECOND

    assert rulings(limits, said("안녕"), 2, now=now) == [Ruling.REFUSE_ALOUD, Ruling.REFUSE]
    assert rulings(limits, said("안녕"), 1, now=NOON + timedelta(days=1)) == [Ruling.TAKE]


def test_danger_passes_when_nothing_else_does_up_to_a_bound() -> None:
    limits = flood()
    rulings(limits, said("안녕"), HARD)

    passed = rulings(limits, said(DANGER), URGENT + 2)

    assert passed == [*[Ruling.URGENT] * URGENT, Ruling.REFUSE_ALOUD, Ruling.REFUSE]


def test_danger_is_heard_among_what_is_gathered() -> None:
    limits = flood()
    rulings(limits, said("안녕"), SOFT)

    assert rulings(limits, said(DANGER), 1) == [Ruling.URGENT]


def test_danger_is_heard_at_the_end_of_the_longest_message() -> None:
    talk = "오늘 급식 맛있었어 " * TEXT_LIMIT

    message = said(talk[: TEXT_LIMIT - len(DANGER)] + DANGER)

    assert rulings(flood(), message, 1) == [Ruling.URGENT]


def test_danger_is_not_looked_for_in_what_nobody_could_type() -> None:
    limits = flood()
    rulings(limits, said("안녕"), READ)

    assert rulings(limits, said(DANGER), 1) == [Ruling.REFUSE]


@pytest.mark.parametrize(
    "message",
    [
        said("지워줘"),
        said("go:erase", kind=MessageKind.BUTTON),
        said("상담사"),
        said("go:danger_now", kind=MessageKind.BUTTON),
        said("check:reply", kind=MessageKind.BUTTON),
        said("", kind=MessageKind.UNSEND),
        said("", kind=MessageKind.LEAVE),
    ],
    ids=["erase", "erase-button", "person", "danger-button", "check", "unsend", "leave"],
)
def test_a_call_for_help_or_for_erasure_passes(message: InboundMessage) -> None:
    limits = flood()
    rulings(limits, said("안녕"), HARD + 5)

    assert rulings(limits, message, 1) == [Ruling.URGENT]


def test_danger_in_the_first_words_goes_first() -> None:
    assert rulings(flood(), said(DANGER), 1) == [Ruling.URGENT]


def test_danger_in_a_word_that_staff_added_goes_first(tmp_path: Path) -> None:
    words = tmp_path / "words.toml"
    limits = Flood(CONTENT_FILES, LexiconFile(FOLDER, words))
    before = rulings(limits, said("나 뿌뿌당하다"), 1)

    words.write_text(WORD, encoding="utf-8")
    after = rulings(limits, said("나 뿌뿌당하다"), 1, now=NOON + EVERY)

    assert (before, after) == ([Ruling.TAKE], [Ruling.URGENT])


def test_one_sender_costs_another_nothing() -> None:
    limits = flood()
    rulings(limits, said("안녕"), HARD + 5)

    others = replace(said("안녕"), account="b"), replace(said("안녕"), channel="other")
    assert [limits.rule(other, now=NOON) for other in others] == [Ruling.TAKE, Ruling.TAKE]


def test_accounts_that_look_alike_when_joined_are_two_senders() -> None:
    limits = flood()
    rulings(limits, replace(said("안녕"), channel="a", account="b\nc"), HARD + 5)

    other = replace(said("안녕"), channel="a\nb", account="c")
    assert rulings(limits, other, 1) == [Ruling.TAKE]


def test_half_a_letter_in_an_account_breaks_nothing() -> None:
    assert rulings(flood(), replace(said("안녕"), account="\ud800"), 1) == [Ruling.TAKE]


def test_the_memory_is_bounded_and_forgets_who_was_silent_longest() -> None:
    limits = flood()
    rulings(limits, replace(said("안녕"), account="loud"), HARD + 5)
    for number in range(SENDERS):
        limits.rule(replace(said("안녕"), account=str(number)), now=NOON)
        if number % 1000 == 0:
            limits.rule(replace(said("안녕"), account="loud"), now=NOON)

    assert len(limits) == SENDERS
    assert rulings(limits, replace(said("안녕"), account="loud"), 1) == [Ruling.REFUSE]


def test_nothing_in_memory_names_a_sender() -> None:
    limits = flood()
    limits.rule(said(DANGER), now=NOON)

    assert "canary" not in repr(limits._senders)
    assert flood()._key != limits._key

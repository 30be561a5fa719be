from datetime import timedelta
from uuid import uuid4

from bot.breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, Breaker
from tests.factories import NOON

SECOND = timedelta(seconds=1)
TALKS = (uuid4(), uuid4())


def broken(failures: int = THRESHOLD) -> Breaker:
    breaker = Breaker()
    for number in range(failures):
        breaker.failed("line", TALKS[number % 2], NOON)
    return breaker


def test_a_few_failures_shut_nothing() -> None:
    assert broken(THRESHOLD - 1).may("line", NOON)


def test_failures_in_a_row_shut_only_what_failed() -> None:
    breaker = broken()
    assert not breaker.may("line", NOON)
    assert breaker.may("telegram", NOON)
    assert breaker.shut() == ("line",)


def test_one_talk_alone_shuts_nothing_and_the_next_one_makes_it_sure() -> None:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed("line", TALKS[0], NOON)
    alone = breaker.may("line", NOON)

    breaker.failed("line", TALKS[1], NOON)

    assert alone
    assert not breaker.may("line", NOON)
    assert breaker.next_try(["line"], NOON) == NOON + FIRST_PAUSE


def test_after_the_pause_one_probe_goes_at_a_time() -> None:
    breaker = broken()
    later = NOON + FIRST_PAUSE
    assert breaker.may("line", later)

    breaker.spend("line", later)
    assert not breaker.may("line", later + 2 * FIRST_PAUSE - SECOND)
    assert breaker.may("line", later + 2 * FIRST_PAUSE)


def test_an_answer_opens_it_again() -> None:
    breaker = broken()
    breaker.worked("line")
    assert breaker.may("line", NOON)
    assert breaker.shut() == ()


def test_pauses_grow_with_each_probe_and_end_at_a_minute() -> None:
    breaker = broken()
    breaker.spend("line", NOON)
    assert breaker.next_try(["line"], NOON) == NOON + 2 * FIRST_PAUSE
    for _ in range(40):
        breaker.spend("line", NOON)
    assert breaker.next_try(["line"], NOON) == NOON + LONGEST_PAUSE


def test_what_fails_after_it_shut_makes_no_pause_longer() -> None:
    assert broken(THRESHOLD + 40).next_try(["line"], NOON) == NOON + FIRST_PAUSE


def test_what_may_be_tried_has_no_next_try() -> None:
    assert Breaker().next_try(["line"], NOON) is None
    assert broken().next_try(["telegram"], NOON) is None

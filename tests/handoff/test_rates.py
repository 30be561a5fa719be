"""How often something may be tried."""

from datetime import timedelta

from handoff.rates import Rate, Rates
from tests.factories import NOON

HALF_MINUTE = timedelta(seconds=30)


def test_a_name_has_its_burst_and_then_one_try_each_interval() -> None:
    rates = Rates(Rate(burst=3, refill=HALF_MINUTE))
    assert [rates.take("a", now=NOON) for _ in range(4)] == [True, True, True, False]
    assert rates.take("b", now=NOON)
    assert not rates.take("a", now=NOON + timedelta(seconds=29))
    assert rates.take("a", now=NOON + HALF_MINUTE)
    assert not rates.take("a", now=NOON + HALF_MINUTE)


def test_trying_on_does_not_lengthen_the_wait() -> None:
    rates = Rates(Rate(burst=1, refill=HALF_MINUTE))
    assert rates.take("a", now=NOON)
    for second in range(1, 30):
        assert not rates.take("a", now=NOON + timedelta(seconds=second))
    assert rates.take("a", now=NOON + HALF_MINUTE)


def test_a_flood_of_names_takes_no_more_memory() -> None:
    rates = Rates(Rate(burst=1, refill=HALF_MINUTE), names=100)
    for number in range(10_000):
        rates.take(str(number), now=NOON)
    assert len(rates._full_at) == 100


def test_a_clock_that_steps_back_locks_nobody_out_for_long() -> None:
    rates = Rates(Rate(burst=2, refill=HALF_MINUTE))
    assert rates.take("a", now=NOON)
    earlier = NOON - timedelta(hours=1)
    assert not rates.take("a", now=earlier)
    assert rates.take("a", now=earlier + HALF_MINUTE)

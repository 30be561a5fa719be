"""Never faster than a provider takes it."""

from datetime import timedelta

from bot.channels.base import Capabilities, TextUnit
from bot.pace import Pace
from tests.bot.road import FakeChannel
from tests.factories import NOON


def channel(per_second: float | None, burst: int = 1) -> FakeChannel:
    limits = Capabilities(1000, TextUnit.CHARACTERS, 10, 14, 64, per_second=per_second, burst=burst)
    return FakeChannel(capabilities=limits)


def sent_within(pace: Pace, seconds: int) -> int:
    """How many messages go out when there is always one to send, looking 100 times a second."""
    sent = 0
    for hundredth in range(seconds * 100):
        now = NOON + timedelta(seconds=hundredth / 100)
        if pace.open_channels(["fake"], now):
            pace.spend("fake", now)
            sent += 1
    return sent


def test_a_channel_without_a_known_limit_is_always_open() -> None:
    pace = Pace({"fake": channel(None)})

    assert sent_within(pace, 2) == 200
    assert pace.next_open(NOON) is None


def test_a_minute_holds_no_more_than_the_limit_and_one_burst() -> None:
    pace = Pace({"fake": channel(5, burst=5)})

    assert 300 <= sent_within(pace, 60) <= 305


def test_a_channel_slower_than_one_a_second_sends_one_at_a_time() -> None:
    pace = Pace({"fake": channel(1 / 60)})

    assert sent_within(pace, 120) == 2


def test_no_quarter_of_an_hour_holds_more_than_x_allows() -> None:
    pace, sent = Pace({"fake": channel(7 / 900, burst=8)}), []
    for second in range(3600):
        now = NOON + timedelta(seconds=second)
        if pace.open_channels(["fake"], now):
            pace.spend("fake", now)
            sent.append(second)

    most = max(sum(first <= one < first + 900 for one in sent) for first in sent)
    assert sent[:8] == list(range(8))
    assert 8 < most <= 15


def test_a_closed_channel_says_when_it_opens() -> None:
    pace = Pace({"fake": channel(0.5)})
    pace.spend("fake", NOON)

    opens = pace.next_open(NOON)

    assert opens == NOON + timedelta(seconds=2)
    assert pace.open_channels(["fake"], NOON) == ()
    assert pace.open_channels(["fake"], opens) == ("fake",)

from datetime import timedelta

from bot.pressure import HIGH, OVER, Pressure
from storage.inbox import Backlog

MOMENT = timedelta(milliseconds=1)


def test_pressure_begins_when_the_oldest_waits_too_long_and_ends_later_than_it_began() -> None:
    pressure = Pressure()
    seen = []
    for oldest in (HIGH, HIGH + MOMENT, OVER + MOMENT, OVER, HIGH):
        pressure.look(Backlog(3, oldest))
        seen.append(pressure.high)
    assert seen == [False, True, True, False, False]

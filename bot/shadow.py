"""What a candidate for the language model makes of real turns, in silence: sums of a week."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.messages import NluResult
from bot.nlu_client import NluClient
from bot.weekly_sums import WeeklySums
from storage.periods import Span, period_of

log = logging.getLogger("gyeot.shadow")

MOST = 200  # texts that wait
AFTER = 2.0  # seconds a text waits at least: a child waits no longer for an answer
OLD = 30.0  # seconds after which a text is left out: what was said does not stay in memory
ALARM = 0.5  # belief in danger that counts as an alarm; nlu/candidate.py counts alike
MODEL = re.compile(r"([0-9a-f]{16})\.tar\.gz")  # a file that nlu/train.py named
RAISED = {
    (True, True): "shadow_both",
    (True, False): "shadow_served",
    (False, True): "shadow_candidate",
}
"""The counter of an alarm, by whether the served model and the candidate raised it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A text that the served model answered; it is never printed, and what it meant neither."""

    text: str = field(repr=False)
    found: NluResult = field(repr=False)
    week: str
    since: float  # by the timer


class Shadow:
    """Asks a candidate what real turns asked the served model, one text at a time, later.

    Only sums leave this object. Who answers a young person tells it of a text and goes on:
    whatever the candidate does, nobody waits for it. What is too much, too old, or comes
    while people wait for answers is left out.

    Args:
        candidate: the way to the candidate, no patient one: what waits behind one that is slow
            would grow old. It checks no `current`, which a candidate is not.
        sums: where it is counted.
        pressed: tells whether more is due than can be answered in time.
        after: seconds a text waits at least before it is asked.
        timer: seconds that only grow.
    """

    def __init__(
        self,
        candidate: NluClient,
        sums: WeeklySums,
        *,
        pressed: Callable[[], bool] = lambda: False,
        after: float = AFTER,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._candidate = candidate
        self._sums = sums
        self._pressed = pressed
        self._after = after
        self._timer = timer
        self._waiting: asyncio.Queue[_Asked] = asyncio.Queue(MOST)

    def note(self, text: str, found: NluResult | None, now: datetime) -> None:
        """Let a text wait that the served model answered; it never waits itself, or raises."""
        if found is None:
            return
        week = period_of(Span.WEEK, now)
        try:
            self._waiting.put_nowait(_Asked(text, found, week, self._timer()))
        except asyncio.QueueFull:
            self._sums.add(week, "shadow_left_out")

    async def run(self) -> None:
        """Compare what waits, again and again, whatever fails."""
        while True:
            one = await self._waiting.get()
            try:
                await self._compare(one)
            except Exception:
                self._sums.add(one.week, "shadow_away")
                log.exception("step failed", extra={"reason": "shadow"})

    async def close(self) -> None:
        """Close the connections to the candidate."""
        await self._candidate.close()

    async def _compare(self, one: _Asked) -> None:
        await asyncio.sleep(one.since + self._after - self._timer())
        if self._pressed() or self._timer() - one.since > OLD:
            self._sums.add(one.week, "shadow_left_out")
            return
        found = await self._candidate.parse(one.text)
        named = MODEL.fullmatch(self._candidate.served)
        if found is None or named is None:
            self._sums.add(one.week, "shadow_away")
            return
        self._count(one, found, named[1])

    def _count(self, one: _Asked, found: NluResult, candidate: str) -> None:
        raised = RAISED.get((_is_alarm(one.found), _is_alarm(found)))
        self._sums.add(one.week, f"shadow_asked:{candidate}")
        self._sums.add(one.week, f"shadow_same:{candidate}", int(found.intent == one.found.intent))
        if raised:
            self._sums.add(one.week, f"{raised}:{candidate}")


def _is_alarm(found: NluResult) -> bool:
    return found.danger is not None and found.danger.high >= ALARM

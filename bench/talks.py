"""People who write, wait for the answer at their provider, and write again."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.figures import Run
from bench.load import Line, connected
from bench.stand_ins import Arrivals

PATIENCE = 15.0  # seconds for one answer

Say = Callable[[str], tuple[bytes, Sequence[str]]]
"""From a person's name to the request that carries their words, and the names an answer to
them may come under."""


@dataclass
class Talks:
    """What came of it; `turns` are milliseconds of each answered turn, in order."""

    turns: list[float] = field(default_factory=list)
    failures: int = 0


async def talk(
    port: int,
    people: Sequence[str],
    say: Say,
    arrivals: Arrivals,
    *,
    seconds: float,
    turns: int = 1_000_000,
) -> Run:
    """Let all people talk at once, each waiting for an answer before the next words.

    Args:
        turns: how many each person takes at most.

    Returns:
        Latencies from the first byte of the webhook to the reply at the provider.
    """
    came = Talks()
    async with connected(port, len(people)) as lines:
        began = time.perf_counter()
        until = began + seconds
        await asyncio.gather(
            *(
                _person(line, name, say, arrivals, came, until, turns)
                for line, name in zip(lines, people, strict=True)
            )
        )
        took = time.perf_counter() - began
    return Run(came.turns, took, came.failures)


async def _person(
    line: Line,
    name: str,
    say: Say,
    arrivals: Arrivals,
    came: Talks,
    until: float,
    turns: int,
) -> None:
    for _ in range(turns):
        request, names = say(name)
        began = time.perf_counter()
        answer = arrivals.expect(*names)
        status = await line.ask(request)
        arrived = await _wait(answer) if status == 200 else None
        if arrived is None:
            came.failures += 1
        else:
            came.turns.append((arrived - began) * 1000)
        if time.perf_counter() > until:
            return


async def _wait(answer: "asyncio.Future[float]") -> float | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except TimeoutError:
        return None

"""What the language service makes of a message: of the whole, and of each sentence of it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot.dialogue.risk import AT_ONCE, TALK
from bot.dialogue.stretches import stretches
from bot.messages import Danger, NluResult
from bot.nlu_client import NluClient, is_worth_asking

SURE = 0.95  # belief in danger with which a stretch speaks for a whole message; docs/risk.md
WAIT = 0.4  # seconds for all stretches together: a child waits at most 2 s for the whole answer
BELIEVED = 0.5  # confidence with which a stretch says that somebody watches


async def heard(
    client: NluClient, spoken: Sequence[str], *, wait: float = WAIT
) -> NluResult | None:
    """Ask the service about a message, and about each stretch, where there are several.

    Args:
        client: the way to the service.
        spoken: the words of each part of the burst.
        wait: seconds for all stretches together; more where no child waits.
    """
    return await closely(client, await client.parse(" ".join(spoken)), spoken, wait=wait)


async def closely(
    client: NluClient,
    whole: NluResult | None,
    spoken: Sequence[str],
    *,
    hurried: bool = False,
    wait: float = WAIT,
) -> NluResult | None:
    """Return what is made of a message when each of its stretches was asked about, too.

    The service learned from single sentences: behind three harmless ones it hears one of danger
    in one message of three, and would lower our own words about it.

    Args:
        client: the way to the service.
        whole: what it says of the message as a whole.
        spoken: the words of each part of the burst.
        hurried: nothing more is asked; then nothing is doubted in a message of several stretches.
        wait: seconds for all stretches together.
    """
    if whole is None or whole.danger is None or whole.danger.high >= SURE:
        return whole
    said = [each for part in spoken for each in stretches(part) if is_worth_asking(each)]
    if len(said) < 2:
        return whole
    each = [] if hurried else await _each(client, said, wait)
    return _together(whole, whole.danger, each, every=len(each) == len(said))


async def _each(client: NluClient, said: Sequence[str], wait: float) -> list[NluResult]:
    """Return what the service says of each stretch, up to where it fails or takes too long."""
    found: list[NluResult] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(wait):
            for stretch in said:
                if (one := await client.parse(stretch)) is None:
                    break
                found.append(one)
    return found


def _together(
    whole: NluResult, danger: Danger, each: Sequence[NluResult], *, every: bool
) -> NluResult:
    sure = [(one.danger, one) for one in each if one.danger and one.danger.high >= SURE]
    if not sure or _says_watched(whole, each):  # no number on a screen that somebody else sees
        return replace(whole, danger=replace(danger, doubts=every))
    worst, surest = max(sure, key=lambda pair: (pair[0].imminent >= AT_ONCE, pair[0].high))
    # A question, or a friend's danger, stays what is answered.
    speaks = surest if whole.intent in TALK else whole
    return replace(speaks, danger=Danger(worst.high, max(danger.imminent, worst.imminent), every))


def _says_watched(whole: NluResult, each: Sequence[NluResult]) -> bool:
    believed = [whole, *(one for one in each if one.confidence >= BELIEVED)]
    return any(one.intent == "watched" for one in believed)

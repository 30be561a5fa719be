"""What the language service makes of a message: of the whole, and of each part if that matters."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.risk import FEARED
from bot.dialogue.stretches import stretches
from bot.messages import Danger, NluResult
from bot.nlu_client import TIMEOUT, NluClient, says_something

SURE = 0.9  # belief in danger with which a stretch speaks for a whole message; docs/risk.md


async def heard(client: NluClient, words: str, parts: Sequence[str]) -> NluResult | None:
    """Ask the service about a message, and about each stretch, where there are several.

    It learned from single sentences: among three harmless ones it hears one of danger in one
    message of three, and would lower our own words.

    Args:
        client: the way to the service.
        words: what is asked about as a whole.
        parts: the messages of the burst, each by itself.
    """
    whole = await client.parse(words)
    said = [each for part in parts for each in stretches(part) if says_something(each)]
    if whole is None or whole.danger is None or len(said) < 2 or whole.danger.high >= SURE:
        return whole
    return _closely(whole, whole.danger, await _each(client, said))


async def _each(client: NluClient, said: Sequence[str]) -> list[NluResult | None]:
    """Return what the service says of each stretch; none at all if that takes too long."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return [await client.parse(each) for each in said]
    except TimeoutError:
        return [None]


def _closely(whole: NluResult, danger: Danger, each: Sequence[NluResult | None]) -> NluResult:
    """Return what is made of a message whose stretches were asked about, too."""
    found = [(one.danger, one) for one in each if one is not None and one.danger is not None]
    if len(found) < len(each):
        return replace(whole, danger=replace(danger, doubts=False))
    worst, surest = max(found, key=lambda pair: pair[0].high)
    if worst.high < SURE:
        return whole
    imminent = max(danger.imminent, *(one.imminent for one, _ in found))
    speaks = whole if danger.high >= FEARED else surest
    return replace(speaks, danger=Danger(worst.high, imminent))

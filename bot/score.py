"""What the language service and the risk screen make of sentences in a file."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.channels.reading import words
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.risk import screen
from bot.hearing import heard
from bot.messages import NluResult
from bot.nlu_client import PATIENCE, NluClient, is_worth_asking
from bot.refused import Refused

TRIES = 3  # for one sentence, before the rest of the file is given up
BETWEEN = 0.5  # seconds between them


class ScoreRefused(Refused):
    """The file cannot be scored; the message is one sentence without any content of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence of a reviewer."""

    id: str
    text: str = field(repr=False)


_START = (
    "start it with GYEOT_NLU_TOKEN=… nlu/.venv/bin/python nlu/serve.py and name it in "
    "GYEOT_NLU_URL and GYEOT_NLU_TOKEN."
)
NOT_RUNNING = f"the language service does not answer with the right model: {_START}"
STOPPED = (
    f"the language service gave no answer after {{count}} lines: see that it runs, or {_START}"
)


def read_items(path: Path) -> Sequence[Item]:
    """Read a file of JSON lines, each with `id` and `text`; other fields are not looked at.

    Raises:
        ScoreRefused: it cannot be read, or names the first line that is not right.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise ScoreRefused("the file cannot be read as UTF-8 text.") from None
    items: dict[str, Item] = {}
    for number, line in enumerate(lines, 1):
        if told := line.lstrip("\ufeff").strip():  # files that were joined have several marks
            item = _item(number, told)
            if items.setdefault(item.id, item) is not item:
                raise ScoreRefused(f"line {number} has the id of an earlier line.")
    return list(items.values())


async def score(
    items: Sequence[Item], nlu: NluClient, *, lexicon: Lexicon | None = None
) -> AsyncIterator[str]:
    """Yield one JSON line an item, on the way a real turn takes.

    `intent` and `confidence` are the service's first guess, believed or not: about the whole
    text or, where that sounds like mere talk, about the stretch of it that is surely a danger
    (`bot/hearing.py`; all stretches are asked about, however busy). Both are null where there is
    nothing to ask.

    Args:
        items: what is scored.
        nlu: a patient client; a child's would give up on a slow service.
        lexicon: None takes the one that is shipped. Words that were approved on the page are in
            no file, so they are not in it: scoring opens no database and needs no keys.

    Raises:
        ScoreRefused: the service does not run, serves another model, or stops answering.
    """
    if not await nlu.ready():
        raise ScoreRefused(NOT_RUNNING)
    for count, item in enumerate(items):
        guess = await _asked(item.text, nlu, count)
        yield json.dumps(_scored(item, guess, lexicon), ensure_ascii=False)


async def _asked(text: str, nlu: NluClient, count: int) -> NluResult | None:
    """Return what the service makes of a text, after so many; None where nothing is to be asked."""
    if not is_worth_asking(text):
        return None
    for _ in range(TRIES):
        if guess := await heard(nlu, [text], wait=PATIENCE):
            return guess
        await asyncio.sleep(BETWEEN)
    raise ScoreRefused(STOPPED.format(count=count))


def _scored(item: Item, guess: NluResult | None, lexicon: Lexicon | None) -> dict[str, Any]:
    found = screen([item.text], lexicon=lexicon, nlu=guess)
    return {
        "id": item.id,
        "intent": guess.intent if guess else None,
        "confidence": round(guess.confidence, 4) if guess else None,
        "risk": found.level.name.lower(),
        "category": found.category,
        "rule": found.rule,
    }


def _item(number: int, line: str) -> Item:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise ScoreRefused(f"line {number} is not JSON.") from None
    match read:
        case {"id": str() | int() as name, "text": str(text)} if _is_name(name):
            return Item(str(name), words(text))  # as a channel gives it to a turn
    raise ScoreRefused(f'line {number} needs an "id" (a whole number, or plain text) and a "text".')


def _is_name(name: str | int) -> bool:
    """Tell whether an id can be printed, and told from others."""
    told = str(name)
    return not isinstance(name, bool) and bool(told.strip()) and words(told) == told

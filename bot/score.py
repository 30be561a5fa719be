"""What the language service and the risk screen make of sentences in a file."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.dialogue.lexicon import Lexicon
from bot.dialogue.risk import screen
from bot.hearing import heard
from bot.nlu_client import NluClient
from bot.refused import Refused


class ScoreRefused(Refused):
    """The file cannot be scored; the message is one sentence without any content of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence of a reviewer."""

    id: str
    text: str = field(repr=False)
    lang: str


NOT_RUNNING = (
    "the language service does not answer with the right model: start it with "
    "GYEOT_NLU_TOKEN=… nlu/.venv/bin/python nlu/serve.py and name it in GYEOT_NLU_URL "
    "and GYEOT_NLU_TOKEN."
)


def read_items(path: Path) -> Sequence[Item]:
    """Read a file of JSON lines, each with `id`, `text` and `lang`.

    Raises:
        ScoreRefused: it cannot be read, or names the first line that is not right.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        raise ScoreRefused("the file cannot be read as UTF-8 text.") from None
    return [_item(number, line) for number, line in enumerate(lines, 1) if line.strip()]


async def score(
    items: Sequence[Item], nlu: NluClient, *, lexicon: Lexicon | None = None
) -> AsyncIterator[str]:
    """Yield one JSON line an item, on the way a real turn takes.

    `intent` and `confidence` are the service's own first guess, believed or not; both
    are null where there is nothing to ask or no answer.

    Raises:
        ScoreRefused: the service does not run, or serves another model.
    """
    if not await nlu.ready():
        raise ScoreRefused(NOT_RUNNING)
    for item in items:
        yield json.dumps(await _score(item, nlu, lexicon), ensure_ascii=False)


async def _score(item: Item, nlu: NluClient, lexicon: Lexicon | None) -> dict[str, Any]:
    guess = await heard(nlu, [item.text])
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
        case {"id": str() | int() as name, "text": str(text), "lang": "ko" | "en" as lang}:
            return Item(str(name), text, lang)
    raise ScoreRefused(f'line {number} needs "id", "text" and "lang" ("ko" or "en").')

"""What the outbound guard makes of sentences in a file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handoff.guard.asking import asked


class GuardRefused(Exception):
    """The file cannot be read; the message is one sentence without any content of it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a reviewer."""

    id: str
    text: str = field(repr=False)


def read_sentences(path: Path) -> Sequence[Sentence]:
    """Read a file of JSON lines, each with `id`, `text` and, if it likes, `lang`.

    Raises:
        GuardRefused: it cannot be read, or names the first line that is not right.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        raise GuardRefused("the file cannot be read as UTF-8 text.") from None
    return [_sentence(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def judge(sentences: Sequence[Sentence]) -> Iterator[str]:
    """Yield one JSON line a sentence: whether it is stopped, and for asking what.

    The guard reads both languages in every text, since a text may hold both; `lang` is
    checked and tells it nothing.
    """
    for sentence in sentences:
        ask = asked(sentence.text)
        yield json.dumps({"id": sentence.id, "stop": ask is not None, "ask": ask})


def _sentence(number: int, line: str) -> Sentence:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        raise GuardRefused(f"line {number} is not JSON.") from None
    match read:
        case {"lang": lang} if lang not in ("ko", "en", None):
            raise GuardRefused(f'line {number} has a "lang" that is neither "ko" nor "en".')
        case {"id": str() | int() as name, "text": str(text)} if not isinstance(name, bool):
            return Sentence(str(name), text)
    raise GuardRefused(f'line {number} needs "id" and "text".')

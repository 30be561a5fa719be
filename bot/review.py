"""What a reviewer of content asks for: a check of all sentences, and talks as a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.columns import lined_up
from bot.dialogue.content import Content
from bot.dialogue.play import PlayBroken, Speaker, perform, read_play
from bot.dialogue.reading_level import Band, reading_level
from bot.dialogue.sentences import Sentence
from bot.refused import Refused
from storage.records import Language

_HEAD = (
    "sentence", "language", "words", "longest", "long words", "for", "reviewer", "date", "version",
)  # fmt: skip
_MEAN, _LONGEST, _FOR = 2, 3, 5
_CLASSES = {
    Speaker.PERSON: "person",
    Speaker.MORE: "person",
    Speaker.BOT: "bot",
    Speaker.HOUSE: "house",
}


class ReviewRefused(Refused):
    """What a reviewer asked for cannot be done; the message says why in one sentence."""


def checked(content: Content) -> str:
    """Return how hard each wording is to read, the hardest first, and how many fit.

    The content was read before, so everything else is right.
    """
    rows = [row for sentence in content.sentences.values() for row in _rows(sentence)]
    rows.sort(key=_hardness)
    easy = sum(row[_FOR] == Band.ELEMENTARY for row in rows)
    table = lined_up((_HEAD, *rows))
    return (
        f"{table}\n{len(content.sentences)} sentences are valid; {easy} of their {len(rows)} "
        "wordings are easy enough for elementary school"
    )


def preview(paths: Sequence[Path], content: Content) -> str:
    """Return one HTML page with the talks of some plays as they go.

    Raises:
        ReviewRefused: a file cannot be read, or is no play.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    return templates.get_template("preview.html").render(
        talks=[_performed(path, content) for path in paths], classes=_CLASSES
    )


def _performed(path: Path, content: Content) -> tuple[str, Sequence[object]]:
    try:
        play = read_play(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ReviewRefused(f"{path.name} cannot be read as UTF-8 text.") from None
    except PlayBroken as error:
        raise ReviewRefused(f"{path.name}: {error}") from None
    return play.title or path.stem, perform(play, content)


def _rows(sentence: Sentence) -> list[tuple[str, ...]]:
    """Return a row for each language of the sentence, and of its words for an age band."""
    worded: list[tuple[Band | None, Mapping[Language, str]]] = [(None, sentence.text)]
    worded += sentence.bands.items()
    return [
        _row(sentence, band, language, text)
        for band, texts in worded
        for language, text in texts.items()
    ]


def _row(sentence: Sentence, band: Band | None, language: Language, text: str) -> tuple[str, ...]:
    level = reading_level(text, language)
    return (
        f"{sentence.id} ({band})" if band else sentence.id,
        language.value,
        f"{level.mean:.1f}",
        str(level.longest),
        f"{level.long_words:.1f}" if language is Language.EN else "",
        level.band or "nobody",
        sentence.reviewer,
        sentence.date.isoformat(),
        str(sentence.version),
    )


def _hardness(row: Sequence[str]) -> tuple[float, float]:
    return -int(row[_LONGEST]), -float(row[_MEAN])

"""The bot asks a young person for nothing that staff may not ask for either."""

from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.reading_level import Band
from handoff.guard.asking import asked
from storage.records import Language

CONTENT = load_content(FOLDER)
PROVING = ("proof.", "verify_")
"""They speak of digits that are ours, to be typed on our own page."""
AGREED = "word:"
"""Lines that the young person says themselves while somebody watches."""


def test_no_sentence_of_the_bot_would_be_stopped() -> None:
    said = [
        (name, language, band, CONTENT.sentence(name, language, band))
        for name in CONTENT.sentences
        if not name.startswith(PROVING)
        for language in Language
        for band in (None, *Band)
    ]

    assert [(*where, asked(text)) for *where, text in said if asked(text)] == []


def test_no_button_of_the_bot_would_be_stopped() -> None:
    labels = [
        (choice.payload, choice.label[one])
        for choice in CONTENT.choices.values()
        if not choice.payload.startswith(AGREED)
        for one in Language
    ]

    assert [(payload, asked(label)) for payload, label in labels if asked(label)] == []

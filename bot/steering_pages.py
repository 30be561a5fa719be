"""The pages staff steer by, joined with what only this room knows: tokens, content, lexicon."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache

from fastapi import FastAPI

from bot.config import Settings
from bot.dialogue.content import FOLDER
from bot.dialogue.lexicon import CATEGORIES, load_lexicon
from bot.lexicon_file import LexiconFile
from bot.word_checks import LEVELS, Checked, check, entry_of, levels
from handoff.auth import Door
from handoff.model_page import make_model_router
from handoff.notices import Notices
from handoff.sentence_sheet import Speech
from handoff.sentences_page import make_sentences_router
from handoff.settings_page import Installed, make_settings_router
from handoff.transparency_page import make_transparency_router
from handoff.words_page import Lexical, make_words_router
from storage.database import Database
from storage.drafts import Draft
from storage.records import Risk
from storage.setting_names import CHANNELS

DRAFTS = 400  # checks kept; a draft never changes, and neither does what is shipped


def add_steering_pages(
    app: FastAPI,
    database: Database,
    clock: Callable[[], datetime],
    door: Door,
    settings: Settings,
    on: Collection[str],
    speech: Speech,
    notices: Notices,
    lexicon: LexiconFile,
) -> None:
    """Add settings, words, model and transparency; before the console, which takes what is left.

    Args:
        app: the house.
        database: open, migrated.
        clock: aware UTC time.
        door: knows who is signed in.
        settings: as they were read; no secret of them goes on.
        on: the channels whose secrets are set.
        speech: the sentences that the bot says.
        notices: the prepared ones among them.
        lexicon: the words of danger that the screen listens to.
    """
    models = settings.nlu_current
    here = installed(settings, on)
    app.include_router(make_settings_router(database, clock, here, notices, door=door))
    known = lexical(lambda: lexicon.looked_over(clock()))
    app.include_router(make_words_router(database, clock, known, door=door))
    app.include_router(make_sentences_router(database, clock, speech, door=door))
    app.include_router(make_model_router(database, clock, models, door=door))
    app.include_router(make_transparency_router(database, clock))


def installed(settings: Settings, on: Collection[str]) -> Installed:
    """Return what the settings page may tell of the environment."""
    days = {"transcripts": settings.transcript_days, "contacts": settings.contact_days}
    return Installed({name: name in on for name in CHANNELS}, days)


def lexical(left_out: Callable[[], Sequence[tuple[str, str]]]) -> Lexical:
    """Return what the words page knows of the lexicon that is shipped, and of words left out."""
    return Lexical(_checked, LEVELS, CATEGORIES, left_out)


@lru_cache(maxsize=DRAFTS)
def _checked(draft: Draft) -> Checked:
    return check(entry_of(draft), load_lexicon(FOLDER), without=_as_shipped())


@cache
def _as_shipped() -> Sequence[Risk]:
    return levels(load_lexicon(FOLDER))

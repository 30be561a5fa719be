"""A house with the pages staff steer by, as the product joins them."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from bot.config import Settings
from bot.content_folder import ContentFolder
from bot.dialogue.content import FOLDER
from bot.lexicon_file import LexiconFile
from bot.notices import ContentNotices
from bot.sentence_desk import SentenceDesk
from bot.steering import Steering
from bot.steering_pages import add_steering_pages
from handoff.auth import Door
from handoff.board_page import make_board_router
from handoff.console import make_router
from storage.database import Database
from tests.handoff.conftest import CHEAP, NOTICES, PING, HandClock, House, served

MODEL = "0123456789abcdef"
SECRET = "a-token-nobody-may-see"
FACTS = {
    "model": MODEL,
    "sets": {
        "held_out": {
            "sentences": 200, "right": 190, "abstained": 6,
            "intents": {"self_harm": [19, 20, 21], "greet": [10, 10, 10]},
            "risks": {"crisis": [19, 20, 21], "talk": [10, 10, 10]},
        }
    },
    "misses": [["self_harm", "loneliness", 1]],
    "words": ["안녕"],
}  # fmt: skip


def models(folder: Path) -> Path:
    """Files beside a model that is served; return the one that names it."""
    current = folder / "current.json"
    current.write_text(json.dumps({"model": f"{MODEL}.tar.gz"}), "utf-8")
    (folder / f"{MODEL}.facts.json").write_text(json.dumps(FACTS), "utf-8")
    return current


@asynccontextmanager
async def steered(
    database: Database,
    clock: HandClock,
    current: Path | None = None,
    shelf: ContentFolder | None = None,
    secrets: Mapping[str, SecretStr] | None = None,
    words: Path | None = None,
) -> AsyncGenerator[House]:
    """The console with the steering pages, on a real server."""
    app, door = FastAPI(), Door(database, hasher=CHEAP)
    token = SecretStr(SECRET)
    held = {"line_secret": token, "line_token": token, **(secrets or {})}
    settings = Settings(nlu_current=current, transcript_days=60).model_copy(update=held)
    shelf = shelf or ContentFolder(FOLDER)
    lexicon = LexiconFile(FOLDER, words)
    steering, notices = Steering(database, lexicon, shelf), ContentNotices(shelf.current)
    shelf.follow(notices.use)
    await steering.look()
    desk = SentenceDesk(shelf, clock, steering.look)
    on = ("web", "line")
    add_steering_pages(app, database, clock, door, settings, on, desk, notices, lexicon)
    board = make_board_router(database, notices, clock, door=door, left_out=desk.left_out)
    app.include_router(board)
    app.include_router(make_router(database, NOTICES, clock, door=door, ping=PING))
    async with served(app) as port:
        yield House(database, clock, port)

"""Wiring: starts the loops and pages of a house, and ends them in order."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial

import uvicorn
from fastapi import FastAPI

from bot import loops, tabs, typing_signs
from bot.channels.telegram import TelegramChannel, make_poller
from bot.channels.web import FRAME_LIMIT
from bot.config import Settings
from bot.engine import Engine
from bot.house import House, make_house, utc_now
from bot.lexicon_file import LexiconFile
from bot.messages import NluResult
from bot.pages import add_pages
from bot.pump import Loop, Pump, running
from bot.registry import close, secret
from bot.release import public
from bot.roles import ProcessRole, written
from bot.root import keyring_of
from bot.telling import Telling
from bot.webhooks import make_health
from storage import erasure, processes
from storage.alone import held_alone
from storage.database import Database, Topic, open_database
from storage.errors import StorageError
from storage.ledger import Ledger

log = logging.getLogger("gyeot.app")

TURNS = 8  # turns under way at once; each waits at most 0.8 s for the language service
DELIVERIES = 16  # deliveries under way at once; a slow provider must not hold the others
PARTINGS = 4  # last words under way at once
DRAIN = 2  # seconds that open connections get at the end, before the pumps get theirs


_ended: list[str] = []  # why the house ended by itself, if it did


def serve(settings: Settings, roles: Collection[ProcessRole]) -> None:
    """Run the house, or a part of it, in this process until it is told to stop.

    Raises:
        SystemExit: a loop ended by itself; whoever started the house must start it again.
        DatabaseTaken: another process serves the same embedded database.
        StorageError: keys, ledger or database are not as they must be; nothing was served.
    """
    # Who is told to stop before uvicorn listens to signals stops at once. uvicorn raises the one
    # that ended it once more, for the handler it found: an orderly end, unless a loop ended.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with held_alone(settings.database) as alone:
        asyncio.run(_prove_first(settings))
        uvicorn.run(
            make_app(settings, roles, alone=alone),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",  # the leanest measured, see shared/stack.md
            ws_per_message_deflate=False,  # short messages gain nothing and memory doubles
            ws_max_size=4 * FRAME_LIMIT,  # what is a little too long gets words, not a cut line
            proxy_headers=False,  # an address of a young person is never read
            timeout_graceful_shutdown=DRAIN,
        )
    _end()


def _end(*_: object) -> None:
    raise SystemExit(1 if _ended else 0)


async def _prove_first(settings: Settings) -> None:
    """Prove everything before the server starts, which would say nothing of what is wrong."""
    public(settings.release_epsilon)
    database = open_database(settings.database, keyring=keyring_of(settings))
    try:
        await database.prove_keyring()
        ledger = Ledger(settings.ledger_path, database.vault.keyring.id)
        await erasure.prepare(database, ledger, now=utc_now())
    finally:
        await database.close()


def make_app(settings: Settings, roles: Collection[ProcessRole], *, alone: bool) -> FastAPI:
    """Join every part; what needs an end is opened and closed with the application.

    Args:
        settings: as they were read.
        roles: what this process does.
        alone: no other process can be at work on the database, so nothing is anybody else's.
    """
    house = make_house(settings, roles)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as ends:
            _close_at_the_end(ends, house)
            await _appear(house, alone=alone)
            await ends.enter_async_context(running(_loops(house, ends), _stop))
            log.info("open", extra={"port": settings.port})
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    if ProcessRole.WEB in roles:
        add_pages(app, house)
    app.include_router(
        make_health(
            {"database": _database_answers(house.database), "nlu": house.nlu.ready},
            partial(_numbers, house),
        )
    )
    return app


def _close_at_the_end(ends: AsyncExitStack, house: House) -> None:
    ends.push_async_callback(house.database.close)
    ends.push_async_callback(_disappear, house)
    ends.push_async_callback(house.nlu.close)
    if house.shadow is not None:
        ends.push_async_callback(house.shadow.close)
    for channel in house.providers.values():
        ends.push_async_callback(close, channel)


async def _appear(house: House, *, alone: bool) -> None:
    await house.steering.look()  # what is switched off is off from the first message on
    async with house.database.transaction() as session:
        if alone:
            await processes.start_alone(session, now=utc_now())
        await processes.beat(session, house.process, roles=written(house.roles), now=utc_now())


async def _disappear(house: House) -> None:
    try:
        async with house.database.transaction() as session:
            await processes.leave(session, house.process)
    except StorageError as error:  # others notice by its silence
        log.info("not signed off", extra={"code": error.code})


def _loops(house: House, ends: AsyncExitStack) -> Sequence[Loop]:
    database = house.database
    missed = asyncio.Event()
    named = written(house.roles)
    made = [
        loops.beating(database, house.process, named, house.sender, utc_now, missed),
        loops.looking(database, house.pressure, utc_now),
        loops.watching_keys(database),
        house.steering.run(),
        house.content.run(),
    ]
    if database.listening is not None:
        made.append(database.listening.run())
    if ProcessRole.WEB in house.roles:
        made += [house.intake.run(), *_telegram(house, ends)]
        made.append(loops.coming_back(missed, partial(_let_tabs_go, house)))
        made.append(typing_signs.showing(database, house.web, house.process))
    if ProcessRole.WORKER in house.roles:
        made += [
            Pump(_engine(house), database, Topic.INBOX, utc_now, width=TURNS).run(),
            loops.lapsing(database, house.notices, utc_now),
            loops.telling(_telling(house), utc_now),
            loops.sweeping(
                database, partial(house.steering.limits, house.settings.limits), utc_now
            ),
            loops.rotating(database, house.settings.window, utc_now),
            loops.erasing(database, house.ledger, utc_now),
            loops.publishing(
                database,
                [*house.providers, house.web.name],
                public(house.settings.release_epsilon),
                utc_now,
            ),
            house.sealer.run(),
            loops.tallying(database, house.sums),
        ]
        if house.shadow is not None:
            made.append(house.shadow.run())
    if ProcessRole.SENDER in house.roles:
        made.append(house.practice.run())
        known = (*house.providers, house.web.name, house.practice.name)
        made.append(loops.giving_up(database, known, utc_now))
    if {ProcessRole.WEB, ProcessRole.SENDER} & set(house.roles):
        made.append(Pump(house.sender, database, Topic.OUTBOX, utc_now, width=DELIVERIES).run())
        made.append(Pump(house.parting, database, Topic.OUTBOX, utc_now, width=PARTINGS).run())
    return made


async def _let_tabs_go(house: House) -> None:
    await tabs.let_all_go(house.database, house.process, house.web.present, utc_now)


def _engine(house: House) -> Engine:
    engine = Engine(
        house.database,
        house.nlu,
        house.content.current,
        lexicon=house.lexicon,
        crossing=("kakao",) if "kakao-consult" in house.providers else (),
        costly=[name for name, one in house.providers.items() if one.capabilities.costly],
        pressed=lambda: house.pressure.high,
        ledger=house.ledger,
        service=house.steering.service,
        doors=partial(
            house.steering.doors,
            (*house.providers, house.web.name),
            house.settings.public_url or "",
        ),
        noted=partial(_note, house),
    )
    house.content.follow(engine.use)
    return engine


def _note(house: House, text: str, found: NluResult | None, now: datetime) -> None:
    """Tell those who count of a text, and of what the language service made of it."""
    house.drift.note(text, found, now)
    if house.shadow is not None:
        house.shadow.note(text, found, now)


def _telling(house: House) -> Telling:
    limits = {name: one.capabilities for name, one in house.providers.items()}
    telling = Telling(
        house.database,
        house.content.current,
        {**limits, house.web.name: house.web.capabilities},
        service=house.steering.service,
    )
    house.content.follow(telling.use)
    return telling


def _telegram(house: House, ends: AsyncExitStack) -> Sequence[Loop]:
    channel = house.providers.get("telegram")
    if not house.settings.telegram_polling or not isinstance(channel, TelegramChannel):
        return ()
    token = secret(house.settings.telegram_token)
    poller = make_poller(channel, token, house.settings.telegram_api)
    ends.push_async_callback(poller.close)
    return (loops.polling(poller, channel, house.intake),)


def _numbers(house: House) -> Mapping[str, object]:
    backlog = house.pressure.backlog
    return {
        "roles": written(house.roles),
        "troubles": dict(house.sender.troubles),
        "audit": house.sealer.trouble or "well",
        **_staff_words(house.lexicon),
        "busy": house.pressure.high,
        "waiting": backlog.waiting,
        "oldest_seconds": round(backlog.oldest.total_seconds(), 1),
    }


def _staff_words(lexicon: LexiconFile) -> Mapping[str, object]:
    lexicon.current(utc_now())  # reads a changed file where nobody wrote since
    return {
        "staff_words": lexicon.trouble or "well",
        "staff_words_left_out": len(lexicon.left_out),
    }


def _stop() -> None:
    """End the house in good order, and remember why."""
    _ended.append("loop")
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn takes it for an orderly end


def _database_answers(database: Database) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            async with database.reading() as session:
                await processes.count_live(session, ProcessRole.WEB, now=utc_now())
        except StorageError:
            return False
        return True

    return answers

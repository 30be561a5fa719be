"""Wiring: makes every part and joins them; the only reader of the clock."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import uvicorn
from fastapi import FastAPI

from bot.channels.base import Channel, TemporarySendError
from bot.channels.telegram import TelegramChannel, TelegramPoller, make_poller
from bot.channels.web import FRAME_LIMIT, WebChannel
from bot.channels.web import make_router as make_web_router
from bot.config import Settings
from bot.dialogue.content import FOLDER, Content, load_content
from bot.engine import Engine
from bot.intake import Intake
from bot.messages import InboundMessage
from bot.nlu_client import TIMEOUT, NluClient
from bot.notices import ContentNotices
from bot.pump import Loop, Pump, running
from bot.registry import close, make_channels, secret
from bot.sender import Sender
from bot.webhooks import acknowledge, make_health, make_webhooks, storing
from handoff import queue
from handoff.console import make_router as make_console_router
from storage import contacts, outbox
from storage.database import Database, Topic, open_database
from storage.errors import StorageError
from storage.keyring import load_keyring

log = logging.getLogger("gyeot.app")

TURNS = 8  # turns under way at once; each waits at most 0.8 s for the language service
DELIVERIES = 16  # deliveries under way at once; a slow provider must not hold the others
LAPSE_PAUSE = 5.0  # seconds between two looks for counselors who are gone
DRAIN = 8  # seconds that open connections get at the end


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


_ended: list[str] = []  # why the house ended by itself, if it did


def serve(settings: Settings) -> None:
    """Run the house in this process until it is told to stop.

    Raises:
        SystemExit: a loop ended by itself; whoever started the house must start it again.
    """
    uvicorn.run(
        make_app(settings),
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
    if _ended:
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class _House:
    """Every part that a loop or a page needs."""

    settings: Settings
    database: Database
    content: Content
    nlu: NluClient
    intake: Intake
    notices: ContentNotices
    providers: Mapping[str, Channel]
    sender: Sender
    web: WebChannel


def make_app(settings: Settings) -> FastAPI:
    """Join every part; what needs an end is opened and closed with the application."""
    house = _make_house(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await house.database.prove_keyring()
        async with AsyncExitStack() as ends:
            _close_at_the_end(ends, house)
            await ends.enter_async_context(running(_loops(house, ends), _stop))
            log.info("open", extra={"port": settings.port})
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(make_webhooks(house.providers, house.intake))
    app.include_router(make_web_router(house.web, _accept_one(house.intake), utc_now))
    app.include_router(
        make_console_router(
            house.database, house.notices, utc_now, windows=_windows(house.providers)
        )
    )
    app.include_router(
        make_health(
            {"database": _database_answers(house.database), "nlu": house.nlu.ready},
            house.sender.troubles,
        )
    )
    return app


def _make_house(settings: Settings) -> _House:
    database = open_database(settings.database, keyring=load_keyring(settings.keyring_path))
    content = load_content(FOLDER)
    web = WebChannel(utc_now, returned=_release(database))
    http = httpx.AsyncClient(base_url=settings.nlu_url, timeout=TIMEOUT)
    providers = make_channels(settings, content, utc_now)
    channels = {**providers, web.name: web}
    return _House(
        settings=settings,
        database=database,
        content=content,
        nlu=NluClient(http, secret(settings.nlu_token) or None),
        intake=Intake(database, utc_now),
        notices=ContentNotices(content),
        providers=providers,
        sender=Sender(database, channels),
        web=web,
    )


def _windows(channels: Mapping[str, Channel]) -> Mapping[str, timedelta]:
    """How long after a person's last word a counselor may write, where there is a limit."""
    limits = {name: channel.capabilities for name, channel in channels.items()}
    return {
        name: limit.human_window or timedelta(0)
        for name, limit in limits.items()
        if limit.human_window is not None or not limit.can_push
    }


def _close_at_the_end(ends: AsyncExitStack, house: _House) -> None:
    ends.push_async_callback(house.database.close)
    ends.push_async_callback(house.nlu.close)
    for channel in house.providers.values():
        ends.push_async_callback(close, channel)


def _loops(house: _House, ends: AsyncExitStack) -> Sequence[Loop]:
    engine = Engine(
        house.database,
        house.nlu,
        house.content,
        floor=house.settings.nlu_floor,
        crossing=("kakao",) if "kakao-consult" in house.providers else (),
        costly=[name for name, one in house.providers.items() if one.capabilities.costly],
    )
    loops = [
        house.intake.run(),
        Pump(engine, house.database, Topic.INBOX, utc_now, width=TURNS).run(),
        Pump(house.sender, house.database, Topic.OUTBOX, utc_now, width=DELIVERIES).run(),
        _lapse(house),
    ]
    telegram = house.providers.get("telegram")
    if house.settings.telegram_polling and isinstance(telegram, TelegramChannel):
        token = secret(house.settings.telegram_token)
        poller = make_poller(telegram, token, house.settings.telegram_api)
        ends.push_async_callback(poller.close)
        loops.append(_poll(poller, telegram, house.intake))
    return loops


def _stop() -> None:
    """End the house in good order, and remember why."""
    _ended.append("loop")
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn takes it for an orderly end


async def _lapse(house: _House) -> None:
    """Give the talks of counselors who are gone back to the queue, again and again."""
    while True:
        try:
            await queue.lapse(house.database, house.notices, now=utc_now())
        except Exception:
            log.exception("lapse failed")
        await asyncio.sleep(LAPSE_PAUSE)


async def _poll(poller: TelegramPoller, channel: TelegramChannel, intake: Intake) -> None:
    """Fetch what was written on Telegram; asking for more confirms what was stored."""
    while True:
        try:
            async for messages in poller.updates():
                if messages:
                    await intake.accept(messages)
                    await acknowledge(channel, messages)
        except TemporarySendError as error:
            log.info("polling paused", extra={"channel": error.channel, "code": error.code})
            await asyncio.sleep(error.retry_after)
        except Exception:
            log.exception("polling failed")
            await asyncio.sleep(LAPSE_PAUSE)


def _accept_one(intake: Intake) -> Callable[[InboundMessage], Awaitable[None]]:
    store = storing(intake)

    async def accept(message: InboundMessage) -> None:
        await store((message,))

    return accept


def _release(database: Database) -> Callable[[str], Awaitable[None]]:
    """Let go what waited for a browser the moment it is back."""

    async def returned(address: str) -> None:
        try:
            async with database.transaction() as session:
                person = await contacts.find(
                    session, database.vault, channel="web", account=address
                )
                if person is not None:
                    await outbox.release_waiting(session, person, now=utc_now())
        except StorageError as error:  # the next word they write releases it too
            log.info("not released", extra={"code": error.code})

    return returned


def _database_answers(database: Database) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            async with database.reading() as session:
                await outbox.next_due(session, ())
        except StorageError:
            return False
        return True

    return answers

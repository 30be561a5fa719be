"""Wiring: makes every part and joins them; the only reader of the clock."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import FastAPI

from bot import loops, tabs, typing_signs
from bot.channels.base import Channel
from bot.channels.telegram import TelegramChannel, make_poller
from bot.channels.web import FRAME_LIMIT, KeptDays, WebChannel
from bot.channels.web import make_router as make_web_router
from bot.config import Settings
from bot.content_folder import ContentFolder
from bot.dialogue.accounts import ACCOUNTS_FILE, load_accounts
from bot.dialogue.content import FOLDER
from bot.drift import Drift
from bot.engine import Engine
from bot.flood import Flood
from bot.intake import Intake
from bot.lexicon_file import LexiconFile
from bot.messages import InboundMessage, Kept
from bot.nlu_client import TIMEOUT, NluClient
from bot.notices import ContentNotices
from bot.parting import Parting
from bot.practice import PracticeChannel, load_scripts, titles
from bot.pressure import Pressure
from bot.pump import Loop, Pump, running
from bot.registry import close, make_channels, secret
from bot.roles import ProcessRole, written
from bot.root import keyring_of
from bot.sealing import Sealer
from bot.sender import Sender
from bot.steering import ChannelsOn, Steering
from bot.steering_pages import add_steering_pages
from bot.summary import facts
from bot.verify import make_verify
from bot.webhooks import make_health, make_webhooks, storing
from handoff.accounts_page import make_accounts_router
from handoff.admin_page import make_admin_router
from handoff.audit_page import make_audit_router
from handoff.auth import Door
from handoff.board_page import make_board_router
from handoff.console import make_router as make_console_router
from handoff.duties_page import Practice, make_duties_router
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


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


_ended: list[str] = []  # why the house ended by itself, if it did


def serve(settings: Settings, roles: Collection[ProcessRole]) -> None:
    """Run the house, or a part of it, in this process until it is told to stop.

    Raises:
        SystemExit: a loop ended by itself; whoever started the house must start it again.
        DatabaseTaken: another process serves the same embedded database.
        StorageError: keys, ledger or database are not as they must be; nothing was served.
    """
    # uvicorn raises the signal that ended it once more, for the handler it found; an orderly
    # end is exit code 0, and a loop that ended by itself must reach the code below.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
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
    if _ended:
        raise SystemExit(1)


async def _prove_first(settings: Settings) -> None:
    """Prove everything before the server starts, which would say nothing of what is wrong."""
    database = open_database(settings.database, keyring=keyring_of(settings))
    try:
        await database.prove_keyring()
        ledger = Ledger(settings.ledger_path, database.vault.keyring.id)
        await erasure.prepare(database, ledger, now=utc_now())
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class _House:
    """Every part that a loop or a page needs."""

    settings: Settings
    roles: Collection[ProcessRole]
    process: UUID
    database: Database
    ledger: Ledger
    content: ContentFolder
    lexicon: LexiconFile
    steering: Steering
    drift: Drift
    nlu: NluClient
    intake: Intake
    notices: ContentNotices
    providers: Mapping[str, Channel]
    sender: Sender
    parting: Parting
    web: WebChannel
    practice: PracticeChannel
    pressure: Pressure
    sealer: Sealer


def make_app(settings: Settings, roles: Collection[ProcessRole], *, alone: bool) -> FastAPI:
    """Join every part; what needs an end is opened and closed with the application.

    Args:
        settings: as they were read.
        roles: what this process does.
        alone: no other process can be at work on the database, so nothing is anybody else's.
    """
    house = _make_house(settings, roles)

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
        _add_pages(app, house)
    app.include_router(
        make_health(
            {"database": _database_answers(house.database), "nlu": house.nlu.ready},
            partial(_numbers, house),
        )
    )
    return app


def _kept_days(settings: Settings) -> KeptDays:
    return KeptDays(settings.transcript_days, settings.contact_days, settings.backup_days)


def _add_pages(app: FastAPI, house: _House) -> None:
    app.include_router(make_webhooks(house.providers, house.intake))
    app.include_router(
        make_web_router(
            house.web, _accept_one(house.intake), utc_now, days=_kept_days(house.settings)
        )
    )
    accounts = load_accounts(house.settings.accounts or FOLDER / ACCOUNTS_FILE)
    app.include_router(
        make_verify(house.database, lambda: house.content.current, accounts, utc_now)
    )
    door = Door(house.database)
    on = (*house.providers, house.web.name)
    add_steering_pages(app, house.database, utc_now, door, house.settings, on)
    windows = _windows(house.providers)
    app.include_router(make_board_router(house.database, house.notices, utc_now, door=door))
    app.include_router(
        make_duties_router(
            house.database,
            house.notices,
            utc_now,
            door=door,
            heavy_talks=house.settings.heavy_talks,
            practice=Practice(titles(load_scripts()), house.practice.begin),
        )
    )
    app.include_router(
        make_console_router(
            house.database,
            house.notices,
            utc_now,
            windows=windows,
            door=door,
            summarize=facts,
            most=house.settings.max_talks,
            rest_after=house.settings.heavy_talks,
        )
    )
    app.include_router(make_audit_router(house.database, utc_now, door=door))
    app.include_router(
        make_accounts_router(
            house.database, house.notices, utc_now, door=door, address=house.settings.public_url
        )
    )
    app.include_router(
        make_admin_router(house.database, utc_now, door=door, health=partial(_health, house))
    )


def _make_house(settings: Settings, roles: Collection[ProcessRole]) -> _House:
    process = uuid4()
    keyring = keyring_of(settings)
    database = open_database(settings.database, keyring=keyring)
    folder = settings.content or FOLDER
    shelf = ContentFolder(folder)
    content = shelf.current
    web = WebChannel(
        utc_now,
        returned=tabs.returning(database, process, utc_now),
        writes=typing_signs.writes(database),
    )
    http = httpx.AsyncClient(base_url=settings.nlu_url, timeout=TIMEOUT)
    lexicon = LexiconFile(folder, settings.lexicon)
    steering = Steering(database, lexicon)
    providers = make_channels(settings, content, utc_now)
    channels = {**providers, web.name: web}
    flood, notices = Flood(content, lexicon), ContentNotices(content)
    shelf.follow(flood.use)
    shelf.follow(notices.use)
    intake = Intake(
        database,
        utc_now,
        flood=flood,
        holders={name: process for name, one in channels.items() if one.capabilities.held},
        is_on=steering.is_on,
    )
    practice = PracticeChannel(load_scripts(), intake.store, utc_now)
    here = _sent_here({**channels, practice.name: practice}, roles)
    pressure = Pressure()
    return _House(
        settings=settings,
        roles=roles,
        process=process,
        database=database,
        ledger=Ledger(settings.ledger_path, keyring.current.id),
        content=shelf,
        lexicon=lexicon,
        steering=steering,
        drift=Drift(settings.nlu_current),
        nlu=NluClient(http, secret(settings.nlu_token) or None, current=settings.nlu_current),
        intake=intake,
        notices=notices,
        providers=providers,
        sender=Sender(database, here, process, utc_now, is_on=steering.is_on),
        parting=Parting(database, here, process, utc_now, is_on=steering.is_on),
        web=web,
        practice=practice,
        pressure=pressure,
        sealer=Sealer(database, settings.checkpoints_path, utc_now),
    )


def _sent_here(
    channels: Mapping[str, Channel], roles: Collection[ProcessRole]
) -> Mapping[str, Channel]:
    """Return the channels this process sends on: where it has the connections, and as a sender."""
    return {
        name: channel
        for name, channel in channels.items()
        if (ProcessRole.WEB if channel.capabilities.held else ProcessRole.SENDER) in roles
    }


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
    ends.push_async_callback(_disappear, house)
    ends.push_async_callback(house.nlu.close)
    for channel in house.providers.values():
        ends.push_async_callback(close, channel)


async def _appear(house: _House, *, alone: bool) -> None:
    await house.steering.look()  # what is switched off is off from the first message on
    async with house.database.transaction() as session:
        if alone:
            await processes.start_alone(session, now=utc_now())
        await processes.beat(session, house.process, roles=written(house.roles), now=utc_now())


async def _disappear(house: _House) -> None:
    try:
        async with house.database.transaction() as session:
            await processes.leave(session, house.process)
    except StorageError as error:  # others notice by its silence
        log.info("not signed off", extra={"code": error.code})


def _loops(house: _House, ends: AsyncExitStack) -> Sequence[Loop]:
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
            loops.sweeping(
                database, partial(house.steering.limits, house.settings.limits), utc_now
            ),
            loops.rotating(database, house.settings.window, utc_now),
            loops.erasing(database, house.ledger, utc_now),
            loops.publishing(database, utc_now),
            house.sealer.run(),
            loops.tallying(database, house.drift),
        ]
    if ProcessRole.SENDER in house.roles:
        on = ChannelsOn({*house.providers, house.web.name, house.practice.name}, house.steering)
        made.append(loops.giving_up(database, on, utc_now))
    if {ProcessRole.WEB, ProcessRole.SENDER} & set(house.roles):
        made.append(Pump(house.sender, database, Topic.OUTBOX, utc_now, width=DELIVERIES).run())
        made.append(Pump(house.parting, database, Topic.OUTBOX, utc_now, width=PARTINGS).run())
    return made


async def _let_tabs_go(house: _House) -> None:
    await tabs.let_all_go(house.database, house.process, house.web.present, utc_now)


def _engine(house: _House) -> Engine:
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
        drift=house.drift,
    )
    house.content.follow(engine.use)
    return engine


def _telegram(house: _House, ends: AsyncExitStack) -> Sequence[Loop]:
    channel = house.providers.get("telegram")
    if not house.settings.telegram_polling or not isinstance(channel, TelegramChannel):
        return ()
    token = secret(house.settings.telegram_token)
    poller = make_poller(channel, token, house.settings.telegram_api)
    ends.push_async_callback(poller.close)
    return (loops.polling(poller, channel, house.intake),)


def _health(house: _House) -> Mapping[str, str]:
    troubles = house.sender.troubles
    return {name: troubles.get(name, "well") for name in (*house.providers, house.web.name)}


def _numbers(house: _House) -> Mapping[str, object]:
    backlog = house.pressure.backlog
    return {
        "roles": written(house.roles),
        "troubles": dict(house.sender.troubles),
        "audit": house.sealer.trouble or "well",
        "busy": house.pressure.high,
        "waiting": backlog.waiting,
        "oldest_seconds": round(backlog.oldest.total_seconds(), 1),
    }


def _stop() -> None:
    """End the house in good order, and remember why."""
    _ended.append("loop")
    os.kill(os.getpid(), signal.SIGTERM)  # uvicorn takes it for an orderly end


def _accept_one(intake: Intake) -> Callable[[InboundMessage], Awaitable[Kept]]:
    store = storing(intake)

    async def accept(message: InboundMessage) -> Kept:
        return await store((message,))

    return accept


def _database_answers(database: Database) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            async with database.reading() as session:
                await processes.count_live(session, ProcessRole.WEB, now=utc_now())
        except StorageError:
            return False
        return True

    return answers

"""The pages and addresses that a process answers."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from bot.channels.base import Channel
from bot.channels.web import KeptDays
from bot.channels.web import make_router as make_web_router
from bot.config import Settings
from bot.dialogue.accounts import ACCOUNTS_FILE, load_accounts
from bot.dialogue.content import FOLDER
from bot.house import House, utc_now
from bot.intake import Intake
from bot.messages import InboundMessage, Kept
from bot.practice import load_scripts, titles
from bot.sentence_desk import SentenceDesk
from bot.steering_pages import add_steering_pages
from bot.summary import facts
from bot.verify import make_verify
from bot.webhooks import make_webhooks, storing
from handoff.accounts_page import make_accounts_router
from handoff.admin_page import make_admin_router
from handoff.audit_page import make_audit_router
from handoff.auth import Door
from handoff.board_page import make_board_router
from handoff.console import make_router as make_console_router
from handoff.duties_page import Practice, make_duties_router


def _kept_days(settings: Settings) -> KeptDays:
    return KeptDays(settings.transcript_days, settings.contact_days, settings.backup_days)


def add_pages(app: FastAPI, house: House) -> None:
    """Add what young people, providers and staff may ask for."""
    app.include_router(make_webhooks(house.providers, house.intake))
    app.include_router(
        make_web_router(
            house.web,
            _accept_one(house.intake),
            utc_now,
            days=_kept_days(house.settings),
            unused=house.steering.unused_numbers,
        )
    )
    accounts = load_accounts(house.settings.accounts or FOLDER / ACCOUNTS_FILE)
    app.include_router(
        make_verify(house.database, lambda: house.content.current, accounts, utc_now)
    )
    door = Door(house.database)
    on = (*house.providers, house.web.name)
    desk = SentenceDesk(house.content, utc_now, house.steering.look)
    add_steering_pages(
        app, house.database, utc_now, door, house.settings, on, desk, house.notices, house.lexicon
    )
    windows = _windows(house.providers)
    app.include_router(
        make_board_router(house.database, house.notices, utc_now, door=door, left_out=desk.left_out)
    )
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
            address=house.settings.public_url,
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


def _windows(channels: Mapping[str, Channel]) -> Mapping[str, timedelta]:
    """How long after a person's last word a counselor may write, where there is a limit."""
    limits = {name: channel.capabilities for name, channel in channels.items()}
    return {
        name: limit.human_window or timedelta(0)
        for name, limit in limits.items()
        if limit.human_window is not None or not limit.can_push
    }


def _accept_one(intake: Intake) -> Callable[[InboundMessage], Awaitable[Kept]]:
    store = storing(intake)

    async def accept(message: InboundMessage) -> Kept:
        return await store((message,))

    return accept


def _health(house: House) -> Mapping[str, str]:
    troubles = house.sender.troubles
    return {name: troubles.get(name, "well") for name in (*house.providers, house.web.name)}

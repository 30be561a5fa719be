"""The transparency page: what is promised and proved, and how often anybody asked for more."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from handoff.headers import SecureRoute
from handoff.pages import Pages
from handoff.setting_forms import halves
from storage import audit, settings
from storage.database import Database
from storage.errors import DatabaseAway

PROMISES = Path(__file__).parent / "promises.json"
UNMASKED = "unmask_approve"  # the act in the audit log, of the second person
HALVES = 4


@dataclass(frozen=True, slots=True)
class Half:
    """Counts of half a year; None where nobody entered any."""

    name: str
    came: int | None
    answered: int | None
    unmasked: int


def make_transparency_router(database: Database, clock: Callable[[], datetime]) -> APIRouter:
    """Make the one page that needs no sign-in and keeps no track of who reads it."""
    pages = Pages()

    async def show(request: Request) -> Response:
        try:
            counts = await _counts(database, clock())
        except DatabaseAway:  # the promises hold all the same
            counts = ()
        return pages.show(request, "transparency.html", promises=promises(), halves=counts)

    router = APIRouter(route_class=SecureRoute, include_in_schema=False)
    router.add_api_route("/transparency", show, methods=["GET"])
    return router


@cache
def promises() -> Sequence[Mapping[str, Any]]:
    """Return what is promised, in both languages, each with the tests that prove it."""
    found: Sequence[Mapping[str, Any]] = json.loads(PROMISES.read_text("utf-8"))
    return found


async def _counts(database: Database, now: datetime) -> Sequence[Half]:
    async with database.reading() as session:
        entered = json.loads((await settings.current(session))["authority_requests"])
        unmasked = await audit.moments(session, UNMASKED)
    by_half = [halves(at, 1)[0] for at in unmasked]
    return [_half(name, entered.get(name), by_half.count(name)) for name in halves(now, HALVES)]


def _half(name: str, entered: Sequence[int] | None, unmasked: int) -> Half:
    came, answered = entered or (None, None)
    return Half(name, came, answered, unmasked)

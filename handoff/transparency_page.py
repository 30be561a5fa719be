"""The transparency page: what is promised and proved, and how often anybody asked for more."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from handoff.half_years import Half, half_years
from handoff.headers import SecureRoute
from handoff.pages import Pages
from storage.database import Database
from storage.errors import DatabaseAway

PROMISES = Path(__file__).parent / "promises.json"


def make_transparency_router(database: Database, clock: Callable[[], datetime]) -> APIRouter:
    """Make the one page that needs no sign-in and keeps no track of who reads it."""
    pages = Pages()

    async def show(request: Request) -> Response:
        try:
            async with database.reading() as session:
                counts: Sequence[Half] = await half_years(session, clock())
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

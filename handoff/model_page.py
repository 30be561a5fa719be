"""The model page: how well the language model understands, on sentences and week by week."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Request, Response

from handoff import model_facts
from handoff.admin_door import AdminDoor
from handoff.auth import Door
from handoff.gate import guarded, session_of
from storage import weekly
from storage.database import Database

WEEKS = 12


def make_model_router(
    database: Database,
    clock: Callable[[], datetime],
    current: Path | None,
    *,
    door: Door | None = None,
) -> APIRouter:
    """Make the route of the model page.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        current: the file that names the served model; None: nothing is known of it.
        door: knows who is signed in.
    """
    door = door or Door(database)
    admin = AdminDoor(database, clock)

    async def show(request: Request) -> Response:
        session = session_of(request)
        async with database.reading() as reading:
            sums = await weekly.weeks(reading, most=WEEKS)
        facts = model_facts.read(current)
        return admin.show(
            request,
            "model.html",
            session,
            "model",
            facts=facts,
            weeks=model_facts.weeks(sums, now=clock()),
            beside=model_facts.beside(sums, now=clock()),
        )

    router = APIRouter(route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("/admin/model", show, methods=["GET"])
    return router

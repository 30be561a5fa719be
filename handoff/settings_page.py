"""The settings page: what holds now, who changed it when, and forms to change it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from handoff import setting_forms
from handoff.admin_door import AdminDoor
from handoff.audit_sheet import moment
from handoff.auth import Door
from handoff.gate import guarded, session_of
from handoff.setting_forms import Surge
from storage import settings
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown, SettingRefused
from storage.records import StaffSession
from storage.setting_names import CHANNELS, DAYS, NAMES

HALVES = 4  # half-years that the form offers


@dataclass(frozen=True, slots=True)
class Installed:
    """What of the environment the page may tell: whether a thing is set, never what it is."""

    channels: Mapping[str, bool]  # by name: whether its secrets are set
    days: Mapping[str, int]  # transcripts and contacts, as the environment says
    surges: Sequence[Surge] = ()  # prepared texts for a time with too many people


def make_settings_router(
    database: Database,
    clock: Callable[[], datetime],
    installed: Installed,
    *,
    door: Door | None = None,
) -> APIRouter:
    """Make the routes of the settings page.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        installed: what the environment says, without a secret.
        door: knows who is signed in.
    """
    door = door or Door(database)
    page = _Page(database, clock, installed, door)
    router = APIRouter(route_class=guarded(door, clock), include_in_schema=False)
    router.add_api_route("/admin/settings", page.show, methods=["GET"])
    router.add_api_route("/admin/settings", page.change, methods=["POST"])
    router.add_api_route("/console/services.json", page.services, methods=["GET"])
    return router


class _Page:
    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        installed: Installed,
        door: Door,
    ) -> None:
        self._database = database
        self._clock = clock
        self._installed = installed
        self._door = AdminDoor(database, clock)

    async def show(self, request: Request) -> Response:
        """Show every setting that the role may change, with its history."""
        session = session_of(request)
        return await self._show(request, session)

    async def change(self, request: Request) -> Response:
        """Set one value and write down who did."""
        session, fields = await self._door.posted(request)
        name = fields.get("name", "")
        try:
            async with self._database.transaction() as writing:
                values = await settings.current(writing)
                value = setting_forms.value_of(name, fields, values)
                if values.get(name) != value:
                    await settings.put(writing, name, value, staff=session.staff, now=self._clock())
        except SettingRefused as error:
            status = 403 if error.code == "not_for_this_role" else 400
            return await self._show(request, session, wrong=True, status=status)
        except (DatabaseAway, NotWrittenDown):
            return self._door.message(request, "admin_not_noted", 503)
        return RedirectResponse(f"/admin/settings?saved={name}", 303)

    async def services(self, request: Request) -> Response:
        """Give the help services that are shown to counselors."""
        async with self._database.reading() as reading:
            hidden = json.loads((await settings.current(reading))["resources.hidden"])
        shown = [one for one in setting_forms.services() if one["id"] not in hidden]
        return JSONResponse(shown)

    async def _show(
        self, request: Request, session: StaffSession, *, wrong: bool = False, status: int = 200
    ) -> Response:
        mine = [name for name, one in NAMES.items() if session.staff.role in one.roles]
        async with self._database.reading() as reading:
            values = await settings.current(reading)
            past = {name: await settings.history(reading, name) for name in mine}
        saved = request.query_params.get("saved", "")
        answer = self._door.show(
            request,
            "settings.html",
            session,
            "settings",
            mine=mine,
            values=values,
            past={name: setting_forms.steps(name, sets) for name, sets in past.items()},
            wrong=wrong,
            saved=saved if saved in NAMES else "",
            installed=self._installed,
            channels=CHANNELS,
            days=[(day, setting_forms.typed_day(values["hours"], day)) for day in DAYS],
            services=setting_forms.services(),
            hidden=json.loads(values["resources.hidden"]),
            requests=sorted(json.loads(values["authority_requests"]).items(), reverse=True),
            halves=setting_forms.halves(self._clock(), HALVES),
            moment=moment,
        )
        answer.status_code = status
        return answer

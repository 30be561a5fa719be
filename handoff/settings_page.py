"""The settings page: what holds now, who changed it when, and forms to change it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from handoff import opening_hours, setting_forms, surge
from handoff.admin_door import AdminDoor
from handoff.audit_sheet import SEOUL, moment
from handoff.auth import Door
from handoff.errors import NotTheirs
from handoff.form_faults import FormWrong
from handoff.gate import guarded, session_of
from handoff.notices import Notices
from handoff.pages import language_of
from storage import settings
from storage.database import Database
from storage.errors import DatabaseAway, NotWrittenDown, SettingRefused
from storage.records import StaffSession
from storage.setting_names import ALWAYS_IN_USE, CHANNELS, DAYS, NAMES, POLICE, RESOURCE, declared

HALVES = 4  # half-years that the form offers


@dataclass(frozen=True, slots=True)
class Installed:
    """What of the environment the page may tell: whether a thing is set, never what it is."""

    channels: Mapping[str, bool]  # by name: whether its secrets are set
    days: Mapping[str, int]  # transcripts and contacts, as the environment says


def make_settings_router(
    database: Database,
    clock: Callable[[], datetime],
    installed: Installed,
    notices: Notices,
    *,
    door: Door | None = None,
) -> APIRouter:
    """Make the routes of the settings page.

    Args:
        database: open, migrated.
        clock: aware UTC time.
        installed: what the environment says, without a secret.
        notices: the prepared sentences for a time with too many people.
        door: knows who is signed in.
    """
    door = door or Door(database)
    page = _Page(database, clock, installed, notices, door)
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
        notices: Notices,
        door: Door,
    ) -> None:
        self._database = database
        self._clock = clock
        self._installed = installed
        self._notices = notices
        self._door = AdminDoor(database, clock)

    async def show(self, request: Request) -> Response:
        """Show every setting that the role may change, with its history."""
        return await self._show(request, session_of(request))

    async def change(self, request: Request) -> Response:
        """Set one value and write down who did; what cannot be stays in its form."""
        session, fields = await self._door.posted(request)
        try:
            await self._set(session, fields)
        except FormWrong as error:
            return await self._show(request, session, faults=error.faults, typed=fields)
        except (SettingRefused, NotTheirs) as error:
            faults = {"": error.code}
            status = 403 if error.code == "not_for_this_role" else 400
            return await self._show(request, session, faults=faults, typed=fields, status=status)
        except (DatabaseAway, NotWrittenDown):
            return self._door.message(request, "admin_not_noted", 503)
        return RedirectResponse(f"/admin/settings?saved={fields['name']}", 303)

    async def _set(self, session: StaffSession, fields: Mapping[str, str]) -> None:
        name, now = fields.get("name", ""), self._clock()
        if name == surge.SETTING:
            key = fields.get("value", "")
            await surge.switch(self._database, self._notices, session.staff, key, now=now)
            return
        async with self._database.transaction() as writing:
            values = await settings.current(writing)
            value = setting_forms.value_of(name, fields, values, now.astimezone(SEOUL).date())
            if values.get(name) != value:
                await settings.put(writing, name, value, staff=session.staff, now=now)

    async def services(self, request: Request) -> Response:
        """Give the help services that are shown to counselors."""
        async with self._database.reading() as reading:
            values = await settings.current(reading)
        return JSONResponse(setting_forms.in_use(values))

    async def _show(
        self,
        request: Request,
        session: StaffSession,
        *,
        faults: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
        status: int = 0,
    ) -> Response:
        async with self._database.reading() as reading:
            values = await settings.current(reading)
            past = await settings.histories(reading)
        saved = request.query_params.get("saved", "")
        words = self._door.pages.words(request)
        surges = self._notices.surges(language_of(request))
        answer = self._door.show(
            request,
            "settings.html",
            session,
            "settings",
            mine=_settable(session),
            values=values,
            past={
                name: setting_forms.steps(name, sets, words, surges) for name, sets in past.items()
            },
            faults=faults or {},
            typed=typed or {},
            saved=saved if declared(saved) else "",
            surges=surges,
            installed=self._installed,
            channels=CHANNELS,
            moment=moment,
            **self._forms(values, typed or {}),
        )
        answer.status_code = status or (400 if faults else 200)
        return answer

    def _forms(self, values: Mapping[str, str], typed: Mapping[str, str]) -> Mapping[str, Any]:
        """Return what the forms are filled with: what was typed and refused, else what holds."""
        today = self._clock().astimezone(SEOUL).date()
        of_hours = typed.get("name") == "hours"
        hours = typed if of_hours else opening_hours.typed(values["hours"], today)
        return {
            "hours": hours,
            "days": DAYS,
            "rows": opening_hours.rows(hours),
            "today": today.isoformat(),
            "services": setting_forms.services(),
            "resource": RESOURCE,
            "police": POLICE,
            "always": ALWAYS_IN_USE,
            "requests": sorted(json.loads(values["authority_requests"]).items(), reverse=True),
            "halves": setting_forms.halves(self._clock(), HALVES),
        }


def _settable(session: StaffSession) -> frozenset[str]:
    """Return the names that somebody may set; all help services stand for one another."""
    role = session.staff.role
    mine = {name for name, one in NAMES.items() if role in one.roles}
    of_services = declared(POLICE)
    return frozenset(mine | ({POLICE} if of_services and role in of_services.roles else set()))

"""Settings of the house while it runs, each with its history; rows are only ever added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import func, insert, select

from storage import audit
from storage.database import Session, Topic, wake
from storage.errors import SettingRefused
from storage.records import Limits, Staff
from storage.setting_names import NAMES, declared
from storage.tables import settings, staff
from storage.tables.steering import VALUE

ACTION = "setting"


@dataclass(frozen=True, slots=True)
class Set:
    """One change of a setting: what it became, by whom (their pseudonym), and when."""

    value: str
    by: str
    at: datetime


async def current(session: Session) -> Mapping[str, str]:
    """Return what holds now for every name; the default of its declaration before it was set.

    A help service that nobody said anything of is not in it.
    """
    newest = select(func.max(settings.c.position)).group_by(settings.c.name)
    query = select(settings.c.name, settings.c.value).where(settings.c.position.in_(newest))
    found = {row.name: row.value for row in await session.execute(query)}
    defaults = {name: one.default for name, one in NAMES.items()}
    return MappingProxyType({**defaults, **{one: found[one] for one in found if declared(one)}})


async def put(session: Session, name: str, value: str, *, staff: Staff, now: datetime) -> None:
    """Set a value and write down who did; the value itself is in no audit row.

    Raises:
        SettingRefused: no such name ("unknown_setting"), not for this role
            ("not_for_this_role"), or not a value it may have ("bad_value").
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    meant = declared(name)
    if meant is None:
        raise SettingRefused("unknown_setting")
    if staff.role not in meant.roles:
        raise SettingRefused("not_for_this_role")
    if len(value) > (VALUE.length or 0) or not meant.good(value):
        raise SettingRefused("bad_value")
    row = {"name": name, "value": value, "staff_id": staff.id, "at": now}
    await session.execute(insert(settings), row)
    await audit.record(session, staff=staff, action=ACTION, object_id=None, purpose=name, now=now)
    wake(session, Topic.SETTINGS)


def with_days(values: Mapping[str, str], base: Limits) -> Limits:
    """Return how long things are kept: the days that were set, over what held before."""
    kept = {"transcripts": values["days.transcripts"], "contacts": values["days.contacts"]}
    days = {name: timedelta(days=int(value)) for name, value in kept.items() if value}
    return replace(base, **days)


async def histories(session: Session) -> Mapping[str, Sequence[Set]]:
    """Return every change of every setting that was ever set, oldest first."""
    query = select(settings.c.name.label("setting"), settings.c.value, staff.c.name, settings.c.at)
    query = query.join(staff, staff.c.id == settings.c.staff_id).order_by(settings.c.position)
    found: dict[str, tuple[Set, ...]] = {}
    for row in await session.execute(query):
        found[row.setting] = (*found.get(row.setting, ()), Set(row.value, row.name, row.at))
    return MappingProxyType(found)

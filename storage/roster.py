"""Who works here, as administrators see it: pseudonym, role, ways in, last day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from storage.database import Session
from storage.records import Member, Role, Staff
from storage.tables import audit, passkeys, staff, staff_sessions

_SIGNS_OF_LIFE = ("sign_in", "sign_out", "join")


async def roster(session: Session) -> Sequence[Member]:
    """Return all who work or worked here: who is there first, then by name."""
    keys = await _counted(session)
    seen = await _last_seen(session)
    rows = await session.execute(select(staff).order_by(staff.c.active.desc(), staff.c.name))
    return [
        Member(
            Staff(row.id, row.name, Role(row.role), row.active),
            passkeys=keys.get(row.id, 0),
            last_seen=max(row.joined_at, seen.get(row.id, row.joined_at)),
        )
        for row in rows
    ]


async def hold_administrators(session: Session) -> frozenset[UUID]:
    """Return who administers here; nobody can become or stop being one until this ends."""
    query = select(staff.c.id).where(staff.c.role == Role.ADMINISTRATOR, staff.c.active)
    rows = await session.execute(query.order_by(staff.c.id).with_for_update())
    return frozenset(rows.scalars())


async def _counted(session: Session) -> dict[UUID, int]:
    query = select(passkeys.c.staff_id, func.count()).group_by(passkeys.c.staff_id)
    return {row[0]: row[1] for row in await session.execute(query)}


async def _last_seen(session: Session) -> dict[UUID, datetime]:
    last: dict[UUID, datetime] = {}
    acts = select(audit.c.staff_id, func.max(audit.c.at)).where(
        audit.c.action.in_(_SIGNS_OF_LIFE), audit.c.staff_id.is_not(None)
    )
    open_pages = select(staff_sessions.c.staff_id, func.max(staff_sessions.c.seen_at))
    for query in (acts.group_by(audit.c.staff_id), open_pages.group_by(staff_sessions.c.staff_id)):
        for staff_id, at in await session.execute(query):
            last[staff_id] = max(at, last.get(staff_id, at))
    return last


ACCOUNT_ACTS = (
    "invite_propose", "invite_approve", "invite_refuse", "join", "dismiss",
    "passkey_add", "passkey_remove",
)  # fmt: skip
"""What of the audit log is the history of accounts."""


@dataclass(frozen=True, slots=True)
class AccountAct:
    """One change of who works here, or of how somebody signs in; people by their pseudonyms."""

    at: datetime
    by: str
    action: str
    role: str  # of the invitation; "" where none is meant
    about: str  # whose account was closed; ""


async def account_history(session: Session, *, most: int) -> Sequence[AccountAct]:
    """Return what changed of accounts, newest first."""
    person = staff.alias()
    query = (
        select(audit, staff.c.name, person.c.name.label("about"))
        .join(staff, staff.c.id == audit.c.staff_id)
        .outerjoin(person, person.c.id == audit.c.object_id)
        .where(audit.c.action.in_(ACCOUNT_ACTS), audit.c.result == "ok")
        # In older rows a colleague who reads along joins a talk by this name; a dismissal
        # gives talks back by its own.
        .where(or_(audit.c.action != "join", audit.c.object_id.is_(None)))
        .where(or_(audit.c.action != "dismiss", person.c.id.is_not(None)))
        .order_by(audit.c.position.desc())
        .limit(most)
    )
    return [
        AccountAct(
            row.at, row.name, row.action, row.purpose if row.purpose in list(Role) else "",
            (row.about or "") if row.action == "dismiss" else "",
        )
        for row in await session.execute(query)
    ]  # fmt: skip

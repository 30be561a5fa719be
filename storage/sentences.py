"""Versions of the bot's sentences that staff changed: what holds, what was, and the way back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from storage import audit, drafts
from storage.database import Session, Topic, wake
from storage.drafts import Draft
from storage.errors import DraftRefused
from storage.records import Role, Staff
from storage.tables import drafts as drafted
from storage.tables import insert_into, sentence_versions, staff

KIND = "sentence"  # the kind of draft that is a wording of one sentence
FILES = 0  # the number that stands for the words of the content files


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence as somebody proposes it, what it rests on, why, and what it replaces."""

    sentence: str
    band: str  # "": the usual words
    ko: str = field(repr=False)
    en: str = field(repr=False)
    source: str = field(repr=False)
    source_date: str  # when it was looked up, as it was typed
    reason: str = field(repr=False)
    base: int  # the number of the version that held when it was proposed
    files: int  # the version of the sentence in the content files then
    was_ko: str = field(repr=False)
    was_en: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a sentence; people are named by their pseudonyms."""

    sentence: str
    band: str
    number: int
    wording: Wording | None  # None: the words of the files again
    author: str | None
    approver: str  # or who went back to it
    at: datetime
    reason: str = field(repr=False)
    draft_id: UUID | None


def wording_of(draft: Draft) -> Wording:
    """Return the wording that a draft proposes."""
    return Wording(**json.loads(draft.body))


async def propose(session: Session, wording: Wording, *, staff: Staff, now: datetime) -> UUID:
    """Put a wording forward; nothing changes until another person approves it.

    Raises:
        DraftRefused: not for this role, or too long.
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    body = json.dumps(asdict(wording), ensure_ascii=False)
    return await drafts.propose(session, KIND, body, staff=staff, now=now)


async def approve(session: Session, draft: Draft, *, staff: Staff, now: datetime) -> int:
    """Make the wording of somebody else the version that holds; return its number.

    Raises:
        DraftRefused: as for `drafts.decide`, or another version holds than the one that it was
            proposed for ("changed_meanwhile").
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    await drafts.decide(session, draft, approve=True, staff=staff, now=now)
    wording = wording_of(draft)
    where = (wording.sentence, wording.band, wording.base)
    await _add(session, where, draft.id, wording.reason, staff, now)
    return wording.base + 1


async def go_back(
    session: Session,
    where: tuple[str, str, int],
    *,
    to: int,
    reason: str,
    staff: Staff,
    now: datetime,
) -> None:
    """Let an earlier version hold again, as a version of its own; two people agreed on it before.

    Args:
        session: one transaction.
        where: sentence, band, and the number that holds as far as the page knew.
        to: the earlier number; `FILES` for the words of the files.
        reason: why.
        staff: a supervisor.
        now: the moment it is done.

    Raises:
        DraftRefused: not for this role ("not_for_this_role"), no such version
            ("unknown_version"), or another one holds by now ("changed_meanwhile").
        NotWrittenDown: the log takes no row; end the transaction, nothing may happen.
    """
    if staff.role is not Role.SUPERVISOR:
        raise DraftRefused("not_for_this_role")
    found = [one for one in await history(session, where[0]) if one.band == where[1]]
    draft_id = next((one.draft_id for one in found if one.number == to), None)
    if to != FILES and to not in {one.number for one in found}:
        raise DraftRefused("unknown_version")
    await _add(session, where, draft_id, reason, staff, now)
    await audit.record(
        session, staff=staff, action=f"back_{KIND}", object_id=draft_id, purpose=where[0], now=now
    )
    wake(session, Topic.SETTINGS)


async def live(session: Session) -> Sequence[Version]:
    """Return the version that holds of every sentence that staff ever changed."""
    newest = (
        select(
            sentence_versions.c.sentence,
            sentence_versions.c.band,
            func.max(sentence_versions.c.number).label("number"),
        )
        .group_by(sentence_versions.c.sentence, sentence_versions.c.band)
        .subquery()
    )
    holds = and_(
        sentence_versions.c.sentence == newest.c.sentence,
        sentence_versions.c.band == newest.c.band,
        sentence_versions.c.number == newest.c.number,
    )
    return await _read(session, select(newest.c.number).where(holds).exists())


async def history(session: Session, sentence: str) -> Sequence[Version]:
    """Return every version of a sentence, for all bands, oldest first."""
    return await _read(session, sentence_versions.c.sentence == sentence)


def _wording(body: str | None) -> Wording | None:
    """Return what a draft says; None for none, and for what another release wrote differently."""
    try:
        return None if body is None else Wording(**json.loads(body))
    except (ValueError, TypeError):
        return None


async def _read(session: Session, wanted: ColumnElement[bool]) -> Sequence[Version]:
    author = staff.alias()
    query = (
        select(sentence_versions, drafted.c.body, author.c.name, staff.c.name.label("approver"))
        .join(staff, staff.c.id == sentence_versions.c.staff_id)
        .outerjoin(drafted, drafted.c.id == sentence_versions.c.draft_id)
        .outerjoin(author, author.c.id == drafted.c.proposed_by)
        .where(wanted)
        .order_by(sentence_versions.c.sentence, sentence_versions.c.band)
        .order_by(sentence_versions.c.number)
    )
    return [
        Version(
            row.sentence, row.band, row.number,
            _wording(row.body),
            row.name, row.approver, row.at, row.reason, row.draft_id,
        )
        for row in await session.execute(query)
    ]  # fmt: skip


async def _add(
    session: Session,
    where: tuple[str, str, int],
    draft_id: UUID | None,
    reason: str,
    staff: Staff,
    now: datetime,
) -> None:
    """Add the version after the one that is meant to hold; of two who do at once, one does."""
    sentence, band, base = where
    if await _number(session, sentence, band) != base:
        raise DraftRefused("changed_meanwhile")
    row = {"sentence": sentence, "band": band, "number": base + 1, "draft_id": draft_id}
    added = await session.execute(
        insert_into(session, sentence_versions)
        .values({**row, "reason": reason, "staff_id": staff.id, "at": now})
        .on_conflict_do_nothing()
        .returning(sentence_versions.c.number)
    )
    if added.one_or_none() is None:
        raise DraftRefused("changed_meanwhile")


async def _number(session: Session, sentence: str, band: str) -> int:
    query = select(func.max(sentence_versions.c.number)).where(
        sentence_versions.c.sentence == sentence, sentence_versions.c.band == band
    )
    found: int | None = (await session.execute(query)).scalar_one()
    return FILES if found is None else found

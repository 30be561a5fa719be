"""Who works here: invitations by two persons, and the end of somebody's work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from handoff import leases
from handoff.errors import HandoffError
from handoff.notices import Notices
from storage import audit, proposals, staff
from storage.credentials import Proposal
from storage.database import Database, Session
from storage.errors import NotFound
from storage.records import Member, Role, Staff
from storage.roster import AccountAct, account_history, hold_administrators, roster

INVITATION = timedelta(hours=24)
MOST_ACTS = 40  # changes that the page shows; the auditor sees all


class SecondPersonNeeded(HandoffError):
    """Somebody else must decide about this: ask a colleague who may."""


class NoSuchProposal(HandoffError):
    """It was decided, is too old, or never was: look at the page again."""


class LastAdministrator(HandoffError):
    """Nobody could let anybody in any more: invite another administrator first."""


class NoSuchPerson(HandoffError):
    """Nobody of this id works here now."""


@dataclass(frozen=True, slots=True)
class People:
    """Who works or worked here, which invitations wait for a second person, and what changed."""

    everybody: Sequence[Member]
    proposals: Sequence[Proposal]
    past: Sequence[AccountAct]


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that can be handed over now, once."""

    role: Role
    token: str = field(repr=False)


class Accounts:
    """Takes people in, when two who may agree, and ends their work, when one says so."""

    def __init__(self, database: Database, notices: Notices) -> None:
        self._database = database
        self._notices = notices

    async def people(self, *, now: datetime) -> People:
        """Return who works here and what waits for a second person."""
        async with self._database.reading() as session:
            return People(
                await roster(session),
                await proposals.waiting(session, now=now),
                await account_history(session, most=MOST_ACTS),
            )

    async def propose(
        self, by: Staff, role: Role, *, with_password: bool, now: datetime
    ) -> Proposal:
        """Put an invitation before a second person."""
        async with self._database.transaction() as session:
            made = await proposals.propose(
                session, by=by, role=role, with_password=with_password, now=now
            )
            await audit.record(
                session, staff=by, action="invite_propose", object_id=made.id,
                purpose=role.value, now=now,
            )  # fmt: skip
        return made

    async def approve(self, by: Staff, proposal_id: UUID, *, now: datetime) -> Invited:
        """Make the invitation that somebody else proposed.

        Raises:
            SecondPersonNeeded: it is their own proposal.
            NoSuchProposal: there is nothing to decide about.
        """
        async with self._database.transaction() as session:
            found = await self._taken(session, proposal_id, now=now)
            if found.proposed_by.id == by.id:
                raise SecondPersonNeeded("second_person")
            token = await staff.invite(
                session,
                self._database.vault,
                role=found.role,
                invited_by=found.proposed_by.id,
                now=now,
                lifetime=INVITATION,
                with_password=found.with_password,
            )
            await audit.record(
                session, staff=by, action="invite_approve", object_id=found.id,
                purpose=found.role.value, now=now,
            )  # fmt: skip
        return Invited(found.role, token)

    async def refuse(self, by: Staff, proposal_id: UUID, *, now: datetime) -> None:
        """Throw a proposal away; its own maker may, too.

        Raises:
            NoSuchProposal: there is nothing to decide about.
        """
        async with self._database.transaction() as session:
            found = await self._taken(session, proposal_id, now=now)
            await audit.record(
                session, staff=by, action="invite_refuse", object_id=found.id,
                purpose=found.role.value, now=now,
            )  # fmt: skip

    async def dismiss(self, by: Staff, staff_id: UUID, *, now: datetime) -> int:
        """End somebody's work: signed out everywhere, their talks back in line at once.

        One person is enough for it, since it may have to be quick.

        Returns:
            How many talks went back.

        Raises:
            SecondPersonNeeded: it is themselves; a house may not lose its last key by a slip.
            LastAdministrator: nobody who administers would be left.
            NoSuchPerson: nobody of this id works here.
        """
        if by.id == staff_id:
            raise SecondPersonNeeded("second_person")

        async def somebody_stays(session: Session) -> None:
            if await hold_administrators(session) <= {staff_id}:
                raise LastAdministrator("last_administrator")

        try:
            return await leases.dismiss(
                self._database, self._notices, staff_id, by=by, now=now, first=somebody_stays
            )
        except NotFound:
            raise NoSuchPerson("staff") from None

    async def _taken(self, session: Session, proposal_id: UUID, *, now: datetime) -> Proposal:
        try:
            return await proposals.take(session, proposal_id, now=now)
        except NotFound:
            raise NoSuchProposal("proposal") from None

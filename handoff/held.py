"""A talk whose young person is watched: nothing is sent, and what was held waits for a decision."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from handoff import steps
from handoff.errors import Covered
from handoff.notices import Notices
from storage import cover, returning
from storage.database import Database, Session
from storage.records import Conversation, Speaker, Staff
from storage.vault import Vault


def open_to(talk: Conversation) -> None:
    """Refuse to send while somebody watches: the words stay with the counselor.

    Raises:
        Covered: nothing was written.
    """
    if talk.covered_at is not None:
        raise Covered("covered")


async def say_goodbye(
    session: Session, vault: Vault, notices: Notices, talk: Conversation, *, now: datetime
) -> None:
    """Say goodbye and give the way back; its words leave, and stand in no transcript."""
    code = await returning.give(session, vault, talk.id, now=now)
    for notice in (notices.goodbye(talk.language), notices.way_back(code, talk.language)):
        await steps.send(session, vault, talk, notice, speaker=Speaker.BOT, now=now)


async def decide(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    act: str,
    seq: int,
    now: datetime,
) -> None:
    """Send a held line after all, never send it, or end the cover: a counselor's decision.

    The words that end the cover may be forgotten, and the counselor reads what is written.

    Raises:
        NotOwner, StaleEpoch, Covered: nothing was written.
    """

    async def step() -> None:
        async with database.transaction() as session:
            before = await steps.owned(session, staff, conversation_id, epoch=epoch)
            if act == "send":
                open_to(before)
            after = replace(before, covered_at=None) if act == "uncover" else before
            action = _ACTIONS[act]
            talk = await steps.save(session, before, after, staff=staff, action=action, now=now)
            if act == "send":
                await cover.let_go(session, talk, now=now, seqs=[seq])
            elif act == "drop":
                await cover.drop(session, talk, [seq])

    await steps.tried(step)


_ACTIONS = {"send": "send_held", "drop": "drop_held", "uncover": "uncover"}

"""Who is writing right now, between a young person's tab and the counselor who leads their talk.

A flag in both directions: never a word, and nothing of it is stored or logged.
"""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.channels.web import WebChannel
from storage import contacts, conversations
from storage.database import Database
from storage.errors import StorageError
from storage.records import Conversation, ConversationState
from storage.typing_signs import TypingSign, Writer

WEB = "web"

log = logging.getLogger("gyeot.app")


def writes(database: Database) -> Callable[[str], Awaitable[None]]:
    """Return what passes on that somebody writes at a tab, when a counselor leads their talk."""

    async def at_the_tab(address: str) -> None:
        try:
            talk = await _led_talk(database, address)
            if talk is not None:
                await database.show_typing(TypingSign(talk.id, Writer.PERSON))
        except StorageError:  # a sign that is lost is followed by the next
            return

    return at_the_tab


async def showing(database: Database, web: WebChannel, process: UUID) -> None:
    """Show in the tabs of this process, again and again, that a counselor is writing."""
    with database.typing_signs.listen() as signs:
        while True:
            try:
                sign = await signs.get()
                if sign.writer is Writer.COUNSELOR:
                    await _show(database, web, process, sign)
            except Exception:  # the next sign must find somebody who shows it
                log.exception("step failed", extra={"reason": "typing"})


async def _led_talk(database: Database, address: str) -> Conversation | None:
    async with database.reading() as session:
        person = await contacts.find(session, database.vault, channel=WEB, account=address)
        talk = await conversations.open_talk(session, person) if person else None
    return talk if talk and talk.state is ConversationState.ACTIVE else None


async def _show(database: Database, web: WebChannel, process: UUID, sign: TypingSign) -> None:
    async with database.reading() as session:
        talk = await conversations.get(session, sign.talk)
        # While somebody watches, nothing on that screen may say that a counselor is there.
        if talk.channel != WEB or talk.covered_at is not None:
            return
        address = await contacts.address_held_by(session, database.vault, talk.contact_id, process)
    if address is not None:
        await web.show_typing(address)

"""A counselor's words: checked, guarded, sent once, in the name of who owns the talk."""

from datetime import datetime
from uuid import UUID

from handoff import held, steps
from handoff.errors import AsksForTooMuch, TextRefused
from handoff.guard.asking import asked
from handoff.notices import Notice, Notices
from handoff.referrals import names_removal
from storage import conversations, stopped, tallies, transcript
from storage.database import Database, Session
from storage.metric_tables import BY_COUNSELOR
from storage.records import Conversation, Line, Speaker, Staff, Stopped, StoppedState
from storage.vault import Vault

MAX_TEXT = 1000
"""Characters of one message of a counselor; every channel carries them in one piece."""


async def say(
    database: Database,
    notices: Notices,
    staff: Staff,
    conversation_id: UUID,
    *,
    epoch: int,
    text: str,
    key: UUID,
    now: datetime,
) -> Line:
    """Send a counselor's words to the young person.

    Args:
        key: chosen by the console for this message and kept until it is answered; it becomes
            the line's id, so the same key twice is one message, and for another message it
            is refused (`key_used`).

    Raises:
        TextRefused, NotOwner, StaleEpoch, Covered: nothing was written.
        AsksForTooMuch: the guard stopped it; only that is written down, without a word of it.
            A text that a supervisor released goes once, under the key it was asked about.
    """
    words = checked(text)
    released = await _guarded(
        database, staff, conversation_id, words, epoch=epoch, key=key, now=now
    )

    async def step() -> Line:
        async with database.transaction() as session:
            before = await steps.owned(session, staff, conversation_id, epoch=epoch)
            earlier = await _said_before(session, database.vault, before, key, words)
            if earlier is not None:
                return earlier
            held.open_to(before)
            # Saved first: the version proves that nobody took the talk while we looked.
            action = "say_released" if released else "say"
            talk = await steps.save(session, before, before, staff=staff, action=action, now=now)
            if released and not await stopped.note_sent(session, key):
                raise AsksForTooMuch("release_used_up")
            if names_removal(words):
                tallies.referred(session, talk.channel, BY_COUNSELOR, now=now)
            notice = Notice(words, notices.counselor(words, talk.language))
            return await steps.send(
                session, database.vault, talk, notice, speaker=Speaker.COUNSELOR, now=now, key=key
            )

    return await steps.tried(step)


def checked(text: str) -> str:
    """Return the text as it will be sent: without outer white space, 1 to 1000 characters.

    Raises:
        TextRefused: empty, too long, or with a NUL or half a surrogate pair in it.
    """
    words = text.strip()
    if not words:
        raise TextRefused("text_empty")
    if len(words) > MAX_TEXT:
        raise TextRefused("text_too_long")
    if "\0" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        raise TextRefused("text_unreadable")
    return words


async def _guarded(
    database: Database,
    staff: Staff,
    conversation_id: UUID,
    words: str,
    *,
    epoch: int,
    key: UUID,
    now: datetime,
) -> bool:
    """Stop what asks for too much; True when a supervisor released exactly this text."""
    ask = asked(words)
    if ask is None:
        return False
    async with database.transaction() as session:
        talk = await steps.owned(session, staff, conversation_id, epoch=epoch)
        if await _is_released(session, database.vault, talk, key, words):
            return True
        await steps.note(session, staff, "guard_stop", talk, now=now)
    raise AsksForTooMuch(f"guard_{ask}")


async def _is_released(
    session: Session, vault: Vault, talk: Conversation, key: UUID, words: str
) -> bool:
    one = await stopped.get(session, key)
    if one is None or not _may_go(one) or one.conversation_id != talk.id:
        return False
    return (await stopped.read(session, vault, talk.id, [key]))[key].text == words


def _may_go(one: Stopped) -> bool:
    # What was sent may be asked for again, after a lost connection; it is the same line then.
    return one.state in (StoppedState.RELEASED, StoppedState.SENT)


async def _said_before(
    session: Session, vault: Vault, talk: Conversation, key: UUID, words: str
) -> Line | None:
    place = await conversations.of_line(session, key)
    if place is None:
        return None
    earlier = await transcript.find(session, vault, talk.id, key)
    if earlier is None or (earlier.speaker, earlier.text) != (Speaker.COUNSELOR, words):
        raise TextRefused("key_used")
    return earlier

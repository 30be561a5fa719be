"""What an operator sees of dead letters, and putting one back on its road."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bot.columns import lined_up
from storage import dead
from storage.database import Database
from storage.dead import DeadLetter

_HEAD = ("id", "kind", "channel", "code", "tries", "received", "set aside", "replay")


async def listed(database: Database) -> str:
    """Return a table of the dead letters, the newest first; never what they say."""
    async with database.reading() as session:
        found = await dead.letters(session)
    return table(found) if found else "no dead letters"


async def shown(database: Database, letter_id: UUID) -> str:
    """Return what is known of one dead letter, a line each.

    Raises:
        NotFound: there is none of this id.
    """
    async with database.reading() as session:
        letter = await dead.find(session, letter_id)
    return "\n".join(f"{name:<10} {cell}" for name, cell in zip(_HEAD, _row(letter), strict=True))


async def replayed(database: Database, letter_id: UUID, *, now: datetime) -> str:
    """Put one dead letter back on its road and say so.

    Raises:
        NotFound: there is none of this id.
        NothingToReplay: what it said is erased already.
    """
    async with database.transaction() as session:
        letter = await dead.replay(session, letter_id, now=now)
    return f"{letter.kind} {letter.id} is due again"


def table(letters: Sequence[DeadLetter]) -> str:
    """Write letters as lines of text."""
    return lined_up([_HEAD, *map(_row, letters)])


def _row(letter: DeadLetter) -> tuple[str, ...]:
    return (
        str(letter.id),
        letter.kind,
        letter.channel,
        letter.code,
        str(letter.attempts),
        _moment(letter.received_at),
        _moment(letter.died_at),
        "yes" if letter.replayable else "no, erased",
    )


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else "-"

"""What an operator or auditor is told when the audit log is verified on the command line."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from storage import checkpoints
from storage.audit_blame import Fault, Finding
from storage.audit_verify import MOST_FINDINGS, Report, verify
from storage.database import Database
from storage.notes import Note, NoteMalformed

_MEANINGS: Mapping[Fault, str] = {
    Fault.EDITED: "edited: it is not what was sealed",
    Fault.DELETED: "deleted: it was sealed and is gone",
    Fault.INSERTED: "inserted: it was never sealed",
    Fault.REORDERED: "reordered: it was sealed at another position",
    Fault.BACKDATED: "backdated: it is older than what was sealed long before it",
    Fault.BATCH_EDITED: "edited: what is kept of the batch does not fit the chain",
    Fault.BATCH_DELETED: "deleted: the whole batch is gone",
    Fault.SIGNATURE: "its checkpoint is not signed by the key it names",
    Fault.KEY: "a public key in the database is not the keyring's",
    Fault.TRUNCATED: "truncated: the log is shorter than it was",
    Fault.REWRITTEN: "rewritten: the log is not the one the outside checkpoint speaks of",
    Fault.FOREIGN: "the outside checkpoint is of another log, or signed by no key of this one",
}

_ALONE = (
    "No outside checkpoint was given. Whoever owns the database and the keyring can write the\n"
    "whole log anew, and whoever owns the database can end it earlier: this is not seen here.\n"
    "Give one that was kept elsewhere: python -m bot audit verify --checkpoint FILE"
)


class CheckpointRefused(Exception):
    """The file given as a checkpoint is none, or cannot be read."""


async def verified(database: Database, files: Iterable[Path]) -> tuple[str, bool]:
    """Verify the log; return what to print, and whether it is sound.

    Raises:
        CheckpointRefused: a file holds no checkpoints.
        DatabaseAway: try again later.
    """
    outside = [note for path in files for note in _read(path)]
    report = await verify(database, outside)
    return told(report), report.sound


def told(report: Report) -> str:
    """Write a report as lines of text."""
    return "\n".join(_lines(report))


def _read(path: Path) -> Iterator[Note]:
    try:
        notes = checkpoints.read(path)
    except NoteMalformed:
        notes = ()
    if not notes:
        raise CheckpointRefused(f"{path.name} holds no checkpoints.")
    yield from notes


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.rows} rows in {report.batches} batches, {report.unsealed} not sealed yet"
    if report.removed:
        yield f"{report.removed} rows before them were kept long enough and removed"
    for finding in report.findings:
        yield f"  {_where(finding)}{_MEANINGS[finding.fault]}"
    if len(report.findings) >= MOST_FINDINGS:
        yield "  and perhaps more: the walk ended here"
    if report.outside:
        yield f"held to {report.outside} outside checkpoints"
    yield "the audit log is sound" if report.sound else "the audit log was TAMPERED WITH"
    if not report.outside:
        yield _ALONE


def _where(finding: Finding) -> str:
    places = (("row", finding.position), ("batch", finding.batch))
    known = ", ".join(f"{word} {number}" for word, number in places if number is not None)
    return f"{known}: " if known else ""

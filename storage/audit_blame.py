"""What is wrong with the rows of a batch that is not as it was sealed, and where. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage import audit_chain

_MOST_PAIRS = 100_000  # looked at to tell a changed order from changed rows


class Fault(StrEnum):
    """What can be wrong with the log."""

    EDITED = "edited"  # a row is not what was sealed
    DELETED = "deleted"  # a sealed row is gone
    INSERTED = "inserted"  # a row that was never sealed claims to be
    REORDERED = "reordered"  # a sealed row stands at another position
    BACKDATED = "backdated"  # a row is much older than what was sealed long before it
    BATCH_EDITED = "batch_edited"  # what is kept of a batch does not fit together
    BATCH_DELETED = "batch_deleted"  # a whole batch is gone
    SIGNATURE = "signature"  # a checkpoint is not signed by the key it names
    KEY = "key"  # a public key is not the keyring's
    TRUNCATED = "truncated"  # the log is shorter than it was
    REWRITTEN = "rewritten"  # the log is not the one that an outside checkpoint speaks of
    FOREIGN = "foreign"  # an outside checkpoint is of another log, or signed by no key of ours


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `position` of a row, `batch` by its number, where they are known."""

    fault: Fault
    position: int | None = None
    batch: int | None = None


def blame(sealed: Mapping[int, bytes], found: Mapping[int, str], batch: int) -> Iterator[Finding]:
    """Compare the leaves that were sealed with the rows that are there, by position."""
    moved = _moved(sealed, found)
    for position in sorted(sealed.keys() | found.keys()):
        if position not in found:
            yield Finding(Fault.DELETED, position, batch)
        elif position in moved:
            yield Finding(Fault.REORDERED, position, batch)
        elif position not in sealed:
            yield Finding(Fault.INSERTED, position, batch)
        elif audit_chain.leaf(position, found[position]) != sealed[position]:
            yield Finding(Fault.EDITED, position, batch)


def _moved(sealed: Mapping[int, bytes], found: Mapping[int, str]) -> frozenset[int]:
    """Return the positions whose row was sealed at another position of this batch."""
    empty = [
        place
        for place, leaf in sealed.items()
        if place not in found or audit_chain.leaf(place, found[place]) != leaf
    ]
    strange = [
        place
        for place, row in found.items()
        if place not in sealed or audit_chain.leaf(place, row) != sealed[place]
    ]
    if len(empty) * len(strange) > _MOST_PAIRS:
        return frozenset()
    return frozenset(
        place
        for place in strange
        if any(audit_chain.leaf(one, found[place]) == sealed[one] for one in empty if one != place)
    )

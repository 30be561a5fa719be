"""What somebody who waits is told of their place in line: true, and again when it changed."""

from bot.dialogue.memory import Memory

_GROUPS = ((0, "place_next"), (1, "place_one"), (2, "place_two"), (9, "place_few"))
_MANY = "place_many"
PLACES = (*(group for _, group in _GROUPS), _MANY)
"""Groups of sentences, each true of so many people before one; none holds a number to fill in."""

OPENED = "opened"
CLOSED = "away"


def place_of(ahead: int | None) -> str | None:
    """Return the group that is true of `ahead` people before one; None where it is not known."""
    if ahead is None:
        return None
    return next((group for most, group in _GROUPS if ahead <= most), _MANY)


def news(memory: Memory, *, ahead: int, was_open: bool, is_open: bool) -> str | None:
    """Return the group that tells somebody who writes nothing what changed for them.

    Hours come first. At night the line does not move, so nobody is woken for it; a place that
    got worse is told when they write, since they can do nothing about it.

    Args:
        memory: says what they were told last of their place.
        ahead: people before them now.
        was_open: whether somebody was here by the hours when they were told last.
        is_open: the same now.
    """
    if is_open != was_open:
        return OPENED if is_open else CLOSED
    place = place_of(ahead)
    if not is_open or place is None:
        return None
    if memory.place in PLACES and PLACES.index(place) >= PLACES.index(memory.place):
        return None
    return place

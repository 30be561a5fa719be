"""What somebody who waits is told of their place in line: true, and again when it changed."""

_GROUPS = ((0, "place_next"), (1, "place_one"), (2, "place_two"), (9, "place_few"))
_MANY = "place_many"
PLACES = (*(group for _, group in _GROUPS), _MANY)
"""Groups of sentences, each true of so many people before one; none holds a number to fill in."""


def place_of(ahead: int | None) -> str | None:
    """Return the group that is true of `ahead` people before one; None where it is not known."""
    if ahead is None:
        return None
    return next((group for most, group in _GROUPS if ahead <= most), _MANY)

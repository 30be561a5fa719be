"""What a counselor is told at a glance; whoever joins the rooms reads the dialogue's memory."""

from collections.abc import Callable, Mapping, Sequence

Facts = Mapping[str, Sequence[str]]
"""By kind (`topic`, `signals`, `advised`, …): categories and ids of our own content, no words."""

Summarize = Callable[[str], Facts]
"""Reads what the dialogue remembers, which is opaque to this room."""


def nothing(memory: str) -> Facts:
    """Return no facts, where nobody can read the dialogue's memory."""
    return {}

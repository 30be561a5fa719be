"""What one process of the house does."""

from collections.abc import Collection
from enum import StrEnum


class ProcessRole(StrEnum):
    """A part of the work that a process can take; any number of processes share one."""

    WEB = "web"  # providers' calls, web tabs, consoles; sends where it holds the connection
    WORKER = "worker"  # answers turns, gives lapsed talks back, throws away what is over
    SENDER = "sender"  # brings messages to the providers


ALL = frozenset(ProcessRole)


def read_roles(words: str) -> frozenset[ProcessRole]:
    """Read a list with commas.

    Raises:
        ValueError: empty, or a name that is no role.
    """
    return frozenset(ProcessRole(word.strip()) for word in words.split(","))


def written(roles: Collection[ProcessRole]) -> str:
    """Write roles as they are read, in one order."""
    return ",".join(role for role in ProcessRole if role in roles)

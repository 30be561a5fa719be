"""What can go wrong with what is kept; the class tells the caller what to do."""


class StorageError(Exception):
    """A stored thing could not be read or written; holds a code, never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SealBroken(StorageError):
    """A sealed value does not open at its place: wrong key, wrong row, or altered bytes."""


class KeyMissing(StorageError):
    """A key that is named by its number is not in the keyring or key table."""


class KeyringUnusable(StorageError):
    """The keyring file is absent, unreadable, too open, or from another installation."""


class ConversationChanged(StorageError):
    """Somebody else changed the conversation since it was read: read again, decide again."""


class LeaseLost(StorageError):
    """The turn or delivery was handed to another worker; nothing was written."""


class NotFound(StorageError):
    """No such row, or not for this caller."""


class DatabaseAway(StorageError):
    """The database cannot be reached now; try again."""


class NotWrittenDown(StorageError):
    """The act could not be written into the audit log, so it must not happen."""


class NothingToReplay(StorageError):
    """What was set aside is erased already, or went back on its road meanwhile."""


class DatabaseTaken(StorageError):
    """Another process serves this embedded database; it serves one at a time."""

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


class LedgerMissing(StorageError):
    """The erasure ledger is not where it was, or lacks an erasure; start nothing without it."""


class LedgerDamaged(StorageError):
    """The erasure ledger was altered, cannot be read or written, or is another installation's."""


class ConversationChanged(StorageError):
    """Somebody else changed the conversation since it was read: read again, decide again."""


class LeaseLost(StorageError):
    """The turn or delivery was handed to another worker; nothing was written."""


class NotFound(StorageError):
    """No such row, or not for this caller."""


class DatabaseAway(StorageError):
    """The database cannot be reached now; try again."""


class KeysAway(DatabaseAway):
    """Keys cannot be had now: the key service is silent, or the keyring cannot be read; later."""


class KeyWornOut(StorageError):
    """A key has sealed as much as one key may; nothing more is sealed with it."""


class NotWrittenDown(StorageError):
    """The act could not be written into the audit log, so it must not happen."""


class NoiseMissing(StorageError):
    """Numbers for the public cannot be drawn: no OpenDP, or an epsilon that hides nobody."""


class SettingRefused(StorageError):
    """No such setting, not for this role, or no value it may have; the code says which."""


class DraftRefused(StorageError):
    """A draft cannot be proposed, decided or ended by this person now; the code says why."""


class NothingToReplay(StorageError):
    """What was set aside is erased already, or went back on its road meanwhile."""


class DatabaseTaken(StorageError):
    """Another process serves this embedded database; it serves one at a time."""


class BackupNotMade(StorageError):
    """The disk is full, or a folder or a program cannot be used; older backups stay."""


class BackupUnusable(StorageError):
    """A backup that cannot be restored here: damaged, too old, or of other keys; take another."""


class TargetTaken(StorageError):
    """The place to restore to is in use, or not empty; nothing was changed."""


class RestoreUnsound(StorageError):
    """What a backup holds is not all there, or does not open; it was not put in place."""


class RestoreUnfinished(StorageError):
    """A restore was cut off while it was put in place; restore again to finish it."""

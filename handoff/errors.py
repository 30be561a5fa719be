"""Why a step of a counselor was refused; the class tells the caller what to do."""


class HandoffError(Exception):
    """A step was refused and nothing has changed; holds a code, never content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class IllegalTransition(HandoffError):
    """This cannot happen to a conversation in this state: read again, offer something else."""


class NotOwner(HandoffError):
    """The talk is not this counselor's, or not any more: show that, send nothing."""


class StaleEpoch(NotOwner):
    """It is theirs again, but this was written under an earlier claim: look first."""


class AlreadyClaimed(HandoffError):
    """A colleague was quicker (`already_claimed`), or the card changed (`card_changed`)."""


class MoreUrgentWaits(HandoffError):
    """Somebody at a higher risk waits: take them first."""


class Unreadable(HandoffError):
    """The talk has no key any more, so no word of it can be read or written: tell an operator."""


class NotAudited(HandoffError):
    """The read could not be written down first, so nothing was opened: try again, tell somebody."""


class Dismissed(HandoffError):
    """This counselor works here no longer: sign out."""


class TextRefused(HandoffError):
    """The message is empty, too long, unreadable, or under the key of another one."""


class Unread(HandoffError):
    """The young person wrote something that the counselor has not seen: read first."""


class TooManyTalks(HandoffError):
    """This counselor leads as many talks as one person may: close or pass on one first."""


class NotOffered(HandoffError):
    """Nobody offers this talk to this counselor (any more): show that."""


class NotAsked(HandoffError):
    """Nobody asks a supervisor for this (any more), or not this one: show the board again."""


class NotTheirs(HandoffError):
    """This step is a supervisor's, about a talk as they saw it: show the board again."""


class AsksForTooMuch(HandoffError):
    """The message asks for what nobody here may ask (`guard_<what>`): show that, keep the draft."""

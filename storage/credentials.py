"""What people of the staff come in with: invitations, secrets and passkeys."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from storage.records import Role, Staff


@dataclass(frozen=True, slots=True)
class StaffSecrets:
    """What a member of staff signs in with."""

    staff: Staff
    password_hash: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_last_step: int  # the last 30-second step that was used; a code works once


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invited person will be, and how they may sign in."""

    role: Role
    with_password: bool  # or by passkey only


@dataclass(frozen=True, slots=True)
class Proposal:
    """An invitation that waits for the word of a second person."""

    id: UUID
    role: Role
    with_password: bool
    proposed_by: Staff
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key on a device of a member of staff, which signs them in without a password."""

    id: UUID
    staff: Staff
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)  # COSE
    label: str  # what they call the device
    sign_count: int  # uses, as the device says; 0 for one that does not count
    made_at: datetime
    used_at: datetime | None

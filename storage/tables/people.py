"""Staff, how they come in, and whether they are there."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)

from storage.tables.kinds import CODE, HASH, METADATA, UtcDateTime

staff = Table(
    "staff",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", CODE, nullable=False, unique=True),  # a pseudonym they chose
    Column("role", CODE, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("totp_ct", LargeBinary, nullable=False),
    Column("totp_last_step", BigInteger, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
)

invitations = Table(
    "invitations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("role", CODE, nullable=False),
    Column("invited_by", Uuid, ForeignKey("staff.id")),  # null: the first one, from the shell
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("with_password", Boolean, nullable=False, server_default=text("true")),
)

proposals = Table(
    "proposals",  # of an invitation: a second person decides
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("role", CODE, nullable=False),
    Column("with_password", Boolean, nullable=False),
    Column("proposed_by", Uuid, ForeignKey("staff.id"), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

passkeys = Table(
    "passkeys",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False, index=True),
    Column("credential_hash", HASH, nullable=False, unique=True),
    Column("key_ct", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),  # of the authenticator; some never count
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

challenges = Table(
    "challenges",  # that a passkey answered; each works once
    METADATA,
    Column("challenge_hash", HASH, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False, index=True),
    Column("csrf_token", CODE, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

presence = Table(
    "presence",
    METADATA,
    Column("staff_id", Uuid, ForeignKey("staff.id"), primary_key=True),
    Column("state", CODE, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

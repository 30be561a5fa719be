"""Contacts, talks and what is said and noted in them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from storage.tables.kinds import CODE, HASH, METADATA, UtcDateTime

contacts = Table(
    "contacts",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("channel", CODE, nullable=False),
    Column("index_key", BigInteger, nullable=False),  # which key made the pseudonym
    Column("pseudonym", HASH, nullable=False),
    Column("address_ct", LargeBinary, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("gone_at", UtcDateTime),
    Column("holder", Uuid),  # the process whose connection reaches them, on some channels
    Column("held_at", UtcDateTime),  # since when, so that an older hold never replaces it
    UniqueConstraint("index_key", "pseudonym"),
)

conversations = Table(
    "conversations",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("contact_id", Uuid, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("channel", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("language", CODE, nullable=False),
    Column("risk", SmallInteger, nullable=False),
    Column("topic", CODE),
    Column("reason", CODE),
    Column("version", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner_id", Uuid),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),  # the person's last word
    Column("queued_at", UtcDateTime),
    Column("rank_at", UtcDateTime),  # the order of the queue, see Conversation.rank_at
    Column("lease_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("covered_at", UtcDateTime),
    Column("watched_at", UtcDateTime),
    Column("last_seq", Integer, nullable=False),
    Column("memory_ct", LargeBinary),
    CheckConstraint("risk BETWEEN 0 AND 3", name="risk"),
)
_OPEN = text("state IN ('bot', 'queued', 'active')")
Index(
    "uq_conversations_open",
    conversations.c.contact_id,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_conversations_state", conversations.c.state, conversations.c.rank_at)
Index("ix_conversations_owner_id", conversations.c.owner_id)

lines = Table(
    "lines",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("speaker", CODE, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text_ct", LargeBinary, nullable=False),
    Column("message_hash", HASH),  # the provider's id of it, to find it when it is taken back
    UniqueConstraint("conversation_id", "seq"),
)
Index("ix_lines_message_hash", lines.c.message_hash)

crossings = Table(
    "crossings",
    METADATA,
    Column("reference_hash", HASH, primary_key=True),  # what the person carries across
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

case_notes = Table(
    "case_notes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("staff_id", Uuid, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text_ct", LargeBinary, nullable=False),
)

offers = Table(
    "offers",
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("epoch", Integer, nullable=False),  # under another one the offer means nothing
    Column("staff_id", Uuid, nullable=False),  # who is asked to take the talk
    Column("made_at", UtcDateTime, nullable=False),
)

companions = Table(
    "companions",
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("epoch", Integer, nullable=False),  # under another one it means nothing
    Column("staff_id", Uuid),  # who is asked to read along; None: any supervisor
    Column("asked_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
)

outcomes = Table(
    "outcomes",
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("staff_id", Uuid, nullable=False),
    Column("outcome", CODE, nullable=False),
    Column("follow_up", CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

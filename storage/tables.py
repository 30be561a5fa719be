"""All tables; every column that ends in `_ct` holds a sealed value (see places.py)."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.sessions import Session

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
KEYS_SCHEMA = "keys"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC on both sides, microseconds.

    SQLite keeps it as text without a zone, in a form that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; it could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive_datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Insert = postgresql.Insert | sqlite.Insert
"""An INSERT that can say what happens on a conflict."""

_COUNTER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself there
_CODE = String(64)  # a state, a category, a channel, an error code: never content
_HASH = LargeBinary(32)


def insert_into(session: Session, table: Table) -> Insert:
    """Start an INSERT in the dialect of the session's database."""
    return insert_for(session.dialect, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """Start an INSERT in a dialect."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


METADATA = MetaData(naming_convention=NAMES)
KEYS = MetaData(naming_convention=NAMES, schema=KEYS_SCHEMA)

data_keys = Table(
    "data_keys",
    KEYS,
    Column("owner", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("purpose", _CODE, nullable=False),
    Column("wrap_key", BigInteger, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

wrap_keys = Table(
    "wrap_keys",
    KEYS,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("retired_at", UtcDateTime),  # since then no data key may lie under it
)

key_work = Table(
    "key_work",
    KEYS,
    Column("name", _CODE, primary_key=True),  # which work only one process does at a time
    Column("holder", Uuid, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

key_proofs = Table(
    "key_proofs",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("proof", _HASH, nullable=False),
)

contacts = Table(
    "contacts",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("channel", _CODE, nullable=False),
    Column("index_key", BigInteger, nullable=False),  # which key made the pseudonym
    Column("pseudonym", _HASH, nullable=False),
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
    Column("channel", _CODE, nullable=False),
    Column("state", _CODE, nullable=False),
    Column("language", _CODE, nullable=False),
    Column("risk", SmallInteger, nullable=False),
    Column("topic", _CODE),
    Column("reason", _CODE),
    Column("version", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner_id", Uuid),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),  # the person's last word
    Column("queued_at", UtcDateTime),
    Column("rank_at", UtcDateTime),  # the order of the queue, see Conversation.rank_at
    Column("lease_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
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
    Column("speaker", _CODE, nullable=False),
    Column("kind", _CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text_ct", LargeBinary, nullable=False),
    Column("message_hash", _HASH),  # the provider's id of it, to find it when it is taken back
    UniqueConstraint("conversation_id", "seq"),
)
Index("ix_lines_message_hash", lines.c.message_hash)

crossings = Table(
    "crossings",
    METADATA,
    Column("reference_hash", _HASH, primary_key=True),  # what the person carries across
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

inbox = Table(
    "inbox",
    METADATA,
    Column("position", _COUNTER, primary_key=True),  # order of arrival
    Column("id", Uuid, nullable=False, unique=True),
    Column("channel", _CODE, nullable=False),
    Column("event_hash", _HASH, nullable=False),
    Column("route", _HASH),  # cleared in a tombstone
    Column("state", _CODE, nullable=False),
    Column("body_ct", LargeBinary),  # erased in a tombstone
    Column("received_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", _CODE, nullable=False),
    Column("holder", Uuid),  # the process that holds the connection it came on
    Column("died_at", UtcDateTime),
    UniqueConstraint("channel", "event_hash"),
)
Index("ix_inbox_route", inbox.c.route, inbox.c.position)

routes = Table(
    "routes",
    METADATA,
    Column("route", _HASH, primary_key=True),
    Column("channel", _CODE, nullable=False),
    Column("due_at", UtcDateTime),  # null: nothing is pending
    Column("rank_at", UtcDateTime),  # the order of what is due, see `inbox.Lane`
    Column("lease_until", UtcDateTime),
    Column("fence", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),  # leases since a turn was finished or given back
    Column("edge_key", BigInteger, nullable=False, server_default=text("0")),  # made the route
)
_DUE = text("due_at IS NOT NULL")
Index("ix_routes_rank_at", routes.c.rank_at, sqlite_where=_DUE, postgresql_where=_DUE)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("line_id", Uuid, ForeignKey("lines.id"), nullable=False, unique=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False),
    Column("contact_id", Uuid, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("channel", _CODE, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body_ct", LargeBinary),  # erased when nothing will be sent any more
    Column("from_counselor", Boolean, nullable=False),
    Column("state", _CODE, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("part", Integer, nullable=False),  # pieces of a long text that arrived already
    Column("fence", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),  # leases without an end
    Column("due_at", UtcDateTime, nullable=False),  # pushed forward by a lease
    Column("code", _CODE, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("again_at", UtcDateTime),  # put on its way anew: replayed, released, carried over
    Column("settled_at", UtcDateTime),
    UniqueConstraint("conversation_id", "seq"),
)
_PENDING = text("state = 'pending'")
Index("ix_outbox_due_at", outbox.c.due_at, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index(
    "ix_outbox_pending",
    outbox.c.conversation_id,
    outbox.c.seq,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)

erasures = Table(
    "erasures",
    METADATA,
    Column("owner", Uuid, primary_key=True),  # a conversation or contact that is gone for good
    Column("at", UtcDateTime, nullable=False),
)

ledgers = Table(
    "ledgers",
    METADATA,
    Column("keyring", Uuid, primary_key=True),  # whose erasure ledger was begun
    Column("begun_at", UtcDateTime, nullable=False),
)

receipts = Table(
    "receipts",
    METADATA,
    Column("id", Uuid, primary_key=True),  # also the owner of its data key
    Column("erasing", Uuid),  # the contact while it is being erased; null: it may be sent
    Column("channel", _CODE, nullable=False),
    Column("address_ct", LargeBinary, nullable=False),
    Column("body_ct", LargeBinary, nullable=False),
    Column("holder", Uuid),  # the process whose connection reaches them
    Column("attempt", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),  # pushed forward by a lease
    Column("created_at", UtcDateTime, nullable=False),
)

facts = Table(
    "facts",
    METADATA,
    Column("name", _CODE, primary_key=True),  # what was last seen to be so, and when
    Column("at", UtcDateTime, nullable=False),
)

processes = Table(
    "processes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("roles", _CODE, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

staff = Table(
    "staff",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", _CODE, nullable=False, unique=True),  # a pseudonym they chose
    Column("role", _CODE, nullable=False),
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
    Column("token_hash", _HASH, nullable=False, unique=True),
    Column("role", _CODE, nullable=False),
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
    Column("role", _CODE, nullable=False),
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
    Column("credential_hash", _HASH, nullable=False, unique=True),
    Column("key_ct", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),  # of the authenticator; some never count
    Column("made_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

challenges = Table(
    "challenges",  # that a passkey answered; each works once
    METADATA,
    Column("challenge_hash", _HASH, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("token_hash", _HASH, nullable=False, unique=True),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False, index=True),
    Column("csrf_token", _CODE, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

presence = Table(
    "presence",
    METADATA,
    Column("staff_id", Uuid, ForeignKey("staff.id"), primary_key=True),
    Column("state", _CODE, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

case_notes = Table(
    "case_notes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("staff_id", Uuid, nullable=False),
    Column("kind", _CODE, nullable=False),
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

outcomes = Table(
    "outcomes",
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("staff_id", Uuid, nullable=False),
    Column("outcome", _CODE, nullable=False),
    Column("follow_up", _CODE, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    METADATA,
    Column("position", _COUNTER, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("staff_id", Uuid),  # null: the service itself
    Column("role", _CODE),
    Column("action", _CODE, nullable=False),
    Column("object_id", Uuid),
    Column("purpose", _CODE, nullable=False),
    Column("result", _CODE, nullable=False),
    Column("batch", BigInteger),  # null: not sealed yet; the only column that ever changes
)
Index("ix_audit_batch", audit.c.batch, audit.c.position)
Index("ix_audit_object_id", audit.c.object_id, audit.c.position)
Index("ix_audit_action", audit.c.action, audit.c.position)
Index("ix_audit_staff_id", audit.c.staff_id, audit.c.position)

audit_batches = Table(
    "audit_batches",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("rows", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),  # rows of the log with this batch
    Column("root", _HASH, nullable=False),
    Column("hash", _HASH, nullable=False),  # of the chain with this batch
    Column("leaves", LargeBinary),  # null: its rows were kept long enough and are gone
    Column("key", BigInteger, nullable=False),  # which key signed it
    Column("signature", LargeBinary(64), nullable=False),  # of the checkpoint
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("copied_at", UtcDateTime),  # null: not in the second place yet
)
_NOT_COPIED = text("copied_at IS NULL")
Index(
    "ix_audit_batches_not_copied",
    audit_batches.c.number,
    sqlite_where=_NOT_COPIED,
    postgresql_where=_NOT_COPIED,
)

audit_head = Table(
    "audit_head",
    METADATA,
    Column(
        "id", SmallInteger, primary_key=True, autoincrement=False
    ),  # one row; who locks it seals
    Column("number", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("hash", _HASH, nullable=False),
)

audit_keys = Table(
    "audit_keys",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("public", _HASH, nullable=False),  # kept for ever
    Column("seen_at", UtcDateTime, nullable=False),
)

"""The road of a message, and the processes that carry it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)

from storage.tables.kinds import CODE, COUNTER, HASH, METADATA, UtcDateTime

inbox = Table(
    "inbox",
    METADATA,
    Column("position", COUNTER, primary_key=True),  # order of arrival
    Column("id", Uuid, nullable=False, unique=True),
    Column("channel", CODE, nullable=False),
    Column("event_hash", HASH, nullable=False),
    Column("route", HASH),  # cleared in a tombstone
    Column("state", CODE, nullable=False),
    Column("body_ct", LargeBinary),  # erased in a tombstone
    Column("received_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", CODE, nullable=False),
    Column("holder", Uuid),  # the process that holds the connection it came on
    Column("died_at", UtcDateTime),
    UniqueConstraint("channel", "event_hash"),
)
Index("ix_inbox_route", inbox.c.route, inbox.c.position)

routes = Table(
    "routes",
    METADATA,
    Column("route", HASH, primary_key=True),
    Column("channel", CODE, nullable=False),
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
    Column("channel", CODE, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("body_ct", LargeBinary),  # erased when nothing will be sent any more
    Column("from_counselor", Boolean, nullable=False),
    Column("state", CODE, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("part", Integer, nullable=False),  # pieces of a long text that arrived already
    Column("fence", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),  # leases without an end
    Column("due_at", UtcDateTime, nullable=False),  # pushed forward by a lease
    Column("code", CODE, nullable=False),
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

receipts = Table(
    "receipts",
    METADATA,
    Column("id", Uuid, primary_key=True),  # also the owner of its data key
    Column("erasing", Uuid),  # the contact while it is being erased; null: it may be sent
    Column("channel", CODE, nullable=False),
    Column("address_ct", LargeBinary, nullable=False),
    Column("body_ct", LargeBinary, nullable=False),
    Column("holder", Uuid),  # the process whose connection reaches them
    Column("attempt", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),  # pushed forward by a lease
    Column("created_at", UtcDateTime, nullable=False),
)

processes = Table(
    "processes",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("roles", CODE, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

facts = Table(
    "facts",
    METADATA,
    Column("name", CODE, primary_key=True),  # what was last seen to be so, and when
    Column("at", UtcDateTime, nullable=False),
)

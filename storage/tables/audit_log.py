"""The audit log and the chain that seals it."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Uuid,
    text,
)

from storage.tables.kinds import CODE, COUNTER, HASH, METADATA, UtcDateTime

audit = Table(
    "audit",
    METADATA,
    Column("position", COUNTER, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("staff_id", Uuid),  # null: the service itself
    Column("role", CODE),
    Column("action", CODE, nullable=False),
    Column("object_id", Uuid),
    Column("purpose", CODE, nullable=False),
    Column("result", CODE, nullable=False),
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
    Column("root", HASH, nullable=False),
    Column("hash", HASH, nullable=False),  # of the chain with this batch
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
    Column("hash", HASH, nullable=False),
)

audit_keys = Table(
    "audit_keys",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("public", HASH, nullable=False),  # kept for ever
    Column("seen_at", UtcDateTime, nullable=False),
)

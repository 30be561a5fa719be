"""What the law and care for the staff ask for: unmaskings, reports, heavy talks, debriefs."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Uuid

from storage.tables.kinds import CODE, METADATA, UtcDateTime

unmaskings = Table(
    "unmaskings",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("asked_by", Uuid, nullable=False),
    Column("reason", CODE, nullable=False),
    Column("note_id", Uuid, nullable=False),  # the case note that says why
    Column("asked_at", UtcDateTime, nullable=False),
    Column("state", CODE, nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", UtcDateTime),
    Column("told_at", UtcDateTime),  # when the young person was told
)

reports = Table(
    "reports",
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("state", CODE, nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),  # since when the duty is known
    Column("noticed_by", Uuid, nullable=False),
    Column("told", CODE),  # that the young person was told, or why they were not
    Column("told_at", UtcDateTime),
    Column("asked_by", Uuid),
    Column("signed_by", Uuid),
    Column("signed_at", UtcDateTime),
    Column("filed_at", UtcDateTime),
)

heavy_talks = Table(
    "heavy_talks",  # no way back to a talk: it may be erased, and the day was heavy all the same
    METADATA,
    Column("staff_id", Uuid, ForeignKey("staff.id"), primary_key=True),
    Column("conversation_id", Uuid, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

debriefs = Table(
    "debriefs",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("text_ct", LargeBinary, nullable=False),
)

"""What supervisors decide and see: stopped texts that are asked about, and who reads along."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Uuid

from storage.tables.kinds import CODE, METADATA, UtcDateTime

stopped = Table(
    "stopped",  # by the outbound guard, and asked to be released
    METADATA,
    Column("id", Uuid, primary_key=True),  # the key the text would be sent under
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False),
    Column("epoch", Integer, nullable=False),  # under another one it is never sent
    Column("staff_id", Uuid, nullable=False),  # who asks
    Column("ask", CODE, nullable=False),  # what the guard took it for
    Column("state", CODE, nullable=False),
    Column("words_ct", LargeBinary, nullable=False),  # the text, and why they ask
    Column("answer_ct", LargeBinary),  # the supervisor's word
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", UtcDateTime),
)
Index("ix_stopped_conversation_id", stopped.c.conversation_id)

readers = Table(
    "readers",  # supervisors who read a led talk along
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("staff_id", Uuid, primary_key=True),
    Column("upto", Integer, nullable=False),  # the last line that is written down as read
    Column("seen_at", UtcDateTime, nullable=False),
)

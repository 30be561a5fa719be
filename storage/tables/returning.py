"""Ways back to a talk, ways to see that we are who we say, and the tries of both."""

from sqlalchemy import Column, ForeignKey, Table, Uuid

from storage.tables.kinds import HASH, METADATA, UtcDateTime

return_codes = Table(
    "return_codes",
    METADATA,
    Column("code_hash", HASH, primary_key=True),  # keyed; the words themselves are nowhere
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
)

return_tries = Table(
    "return_tries",  # of a wrong code
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("contact_id", Uuid, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)

earlier_talks = Table(
    "earlier_talks",  # which talk somebody came back to, by their code
    METADATA,
    Column("conversation_id", Uuid, ForeignKey("conversations.id"), primary_key=True),
    Column("earlier_id", Uuid, ForeignKey("conversations.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
)

proofs = Table(
    "proofs",  # that a chat is ours; each is good once, and says nothing of any talk
    METADATA,
    Column("code_hash", HASH, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

"""What staff steer the house by: settings, drafts of words, and weekly tallies."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Uuid

from storage.tables.kinds import CODE, COUNTER, METADATA, UtcDateTime

VALUE = String(4000)  # of the house, by staff; never of a young person

settings = Table(
    "settings",  # rows are only ever added; the newest of a name holds
    METADATA,
    Column("position", COUNTER, primary_key=True),
    Column("name", CODE, nullable=False),
    Column("value", VALUE, nullable=False),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_settings_name", settings.c.name, settings.c.position)

drafts = Table(
    "drafts",  # of words: one proposes, another person decides
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("kind", CODE, nullable=False),
    Column("body", VALUE, nullable=False),
    Column("state", CODE, nullable=False, index=True),
    Column("proposed_by", Uuid, ForeignKey("staff.id"), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("decided_by", Uuid, ForeignKey("staff.id")),  # null: nobody decided yet
    Column("decided_at", UtcDateTime),
    Column("ended_by", Uuid, ForeignKey("staff.id")),  # took back what was live
    Column("ended_at", UtcDateTime),
)

sentence_versions = Table(
    "sentence_versions",  # rows are only ever added; the highest number of a sentence holds
    METADATA,
    Column("sentence", CODE, primary_key=True),
    Column("band", CODE, primary_key=True),  # for whom; "": the usual words
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("draft_id", Uuid, ForeignKey("drafts.id")),  # null: the words of the files again
    Column("reason", VALUE, nullable=False),
    Column("staff_id", Uuid, ForeignKey("staff.id"), nullable=False),  # approved, or went back
    Column("at", UtcDateTime, nullable=False),
)

tallies = Table(
    "tallies",  # of a week, without any link to a talk
    METADATA,
    Column("week", CODE, primary_key=True),
    Column("name", CODE, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

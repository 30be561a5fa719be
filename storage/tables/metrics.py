"""Numbers without anybody in them: counts by category, and what was published of them."""

from sqlalchemy import Column, Float, Integer, PrimaryKeyConstraint, Table

from storage.tables.kinds import CODE, METADATA

# No id, no time, no order of insertion: an event adds one to a count that was there before.
metric_counts = Table(
    "metric_counts",
    METADATA,
    Column("name", CODE, nullable=False),  # of a table in metric_tables.py
    Column("period", CODE, nullable=False),
    Column("row", CODE, nullable=False),
    Column("column", CODE, nullable=False),
    Column("amount", Integer, nullable=False),
    PrimaryKeyConstraint("name", "period", "row", "column"),
)

metric_published = Table(
    "metric_published",  # written once, never changed
    METADATA,
    Column("name", CODE, nullable=False),
    Column("period", CODE, nullable=False),
    Column("row", CODE, nullable=False),
    Column("column", CODE, nullable=False),  # "" is the row's total
    Column("amount", Integer),  # null: not shown
    PrimaryKeyConstraint("name", "period", "row", "column"),
)

metric_released = Table(
    "metric_released",  # given to the public: drawn once with noise, never changed
    METADATA,
    Column("name", CODE, nullable=False),
    Column("period", CODE, nullable=False),
    Column("row", CODE, nullable=False),
    Column("column", CODE, nullable=False),
    Column("amount", Integer, nullable=False),  # may be below 0
    Column("epsilon", Float, nullable=False),  # what this table cost
    PrimaryKeyConstraint("name", "period", "row", "column"),
)

"""Counts by category, and what was published of them.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CODE = sa.String(64)
TABLES = ("metric_counts", "metric_published")


def upgrade() -> None:
    for table in TABLES:
        op.create_table(
            table,
            sa.Column("name", CODE, nullable=False),
            sa.Column("period", CODE, nullable=False),
            sa.Column("row", CODE, nullable=False),
            sa.Column("column", CODE, nullable=False),
            sa.Column("amount", sa.Integer(), nullable=table == "metric_published"),
            sa.PrimaryKeyConstraint("name", "period", "row", "column", name=f"pk_{table}"),
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

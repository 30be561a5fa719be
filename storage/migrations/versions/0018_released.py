"""Numbers for the public, and counts that fit the tables of today.

Ends and handoffs have other columns now, and channels are counted where talks arrive only. What
was counted of the running month under the old ones would not add up, so it begins anew; what was
published stays.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CODE = sa.String(64)
OLD = ("ends", "ends_by_topic", "ends_by_channel", "ends_by_answer", "handoffs")


def upgrade() -> None:
    op.create_table(
        "metric_released",
        sa.Column("name", CODE, nullable=False),
        sa.Column("period", CODE, nullable=False),
        sa.Column("row", CODE, nullable=False),
        sa.Column("column", CODE, nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("epsilon", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", "period", "row", "column", name="pk_metric_released"),
    )
    counts = sa.table("metric_counts", sa.column("name"))
    op.execute(counts.delete().where(counts.c.name.in_(OLD)))


def downgrade() -> None:
    op.drop_table("metric_released")

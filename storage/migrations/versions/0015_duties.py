"""Unmaskings, statutory reports, heavy talks of the staff and their debriefs.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "unmaskings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("reason", CODE, nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.Column("told_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_unmaskings"),
        _of("unmaskings", "conversation_id", "conversations"),
    )
    op.create_index("ix_unmaskings_conversation_id", "unmaskings", ["conversation_id"])
    op.create_table(
        "reports",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("noticed_by", sa.Uuid(), nullable=False),
        sa.Column("told", CODE),
        sa.Column("told_at", MOMENT),
        sa.Column("asked_by", sa.Uuid()),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signed_at", MOMENT),
        sa.Column("filed_at", MOMENT),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_reports"),
        _of("reports", "conversation_id", "conversations"),
    )
    op.create_table(
        "heavy_talks",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("staff_id", "conversation_id", name="pk_heavy_talks"),
        _of("heavy_talks", "staff_id", "staff"),
    )
    op.create_table(
        "debriefs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text_ct", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_debriefs"),
        _of("debriefs", "staff_id", "staff"),
    )
    op.create_index("ix_debriefs_staff_id", "debriefs", ["staff_id"])


def downgrade() -> None:
    for table in ("debriefs", "heavy_talks", "reports", "unmaskings"):
        op.drop_table(table)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")

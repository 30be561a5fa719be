"""Stopped texts that are asked about, and supervisors who read along.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "stopped",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("ask", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("words_ct", sa.LargeBinary(), nullable=False),
        sa.Column("answer_ct", sa.LargeBinary()),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_stopped"),
        _of_talk("stopped"),
    )
    op.create_index("ix_stopped_conversation_id", "stopped", ["conversation_id"])
    op.create_table(
        "readers",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name="pk_readers"),
        _of_talk("readers"),
    )


def downgrade() -> None:
    for table in ("readers", "stopped"):
        op.drop_table(table)


def _of_talk(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_conversation_id"
    return sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=name)

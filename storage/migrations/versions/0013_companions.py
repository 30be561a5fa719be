"""Colleagues who are asked to read a talk along.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "companions",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_companions"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_companions_conversation_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("companions")

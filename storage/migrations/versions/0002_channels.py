"""What more channels need: windows, long texts in pieces, messages taken back, crossings.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HASH = sa.LargeBinary(32)


def upgrade() -> None:
    _add_heard_at()
    op.add_column("lines", sa.Column("message_hash", HASH))
    op.create_index("ix_lines_message_hash", "lines", ["message_hash"])
    _add_part()
    op.create_table(
        "crossings",
        sa.Column("reference_hash", HASH, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_crossings_conversation_id"
        ),
        sa.PrimaryKeyConstraint("reference_hash", name="pk_crossings"),
    )


def downgrade() -> None:
    op.drop_table("crossings")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("part")
    op.drop_index("ix_lines_message_hash", table_name="lines")
    with op.batch_alter_table("lines") as lines:
        lines.drop_column("message_hash")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("heard_at")


def _add_heard_at() -> None:
    op.add_column("conversations", sa.Column("heard_at", MOMENT))
    op.execute("UPDATE conversations SET heard_at = opened_at")
    with op.batch_alter_table("conversations") as conversations:
        conversations.alter_column("heard_at", existing_type=MOMENT, nullable=False)


def _add_part() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("part", existing_type=sa.Integer(), server_default=None)

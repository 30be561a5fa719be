"""Which hold is newer, how often a sender died, since when a message is tried, when an event died.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("contacts", sa.Column("held_at", MOMENT))
    op.add_column("inbox", sa.Column("died_at", MOMENT))
    op.add_column("outbox", sa.Column("again_at", MOMENT))
    op.add_column(
        "outbox", sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )


def downgrade() -> None:
    op.drop_column("outbox", "tries")
    op.drop_column("outbox", "again_at")
    op.drop_column("inbox", "died_at")
    op.drop_column("contacts", "held_at")

"""Since when a talk is one in which somebody watched: nothing goes out in it unasked.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("watched_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE conversations SET watched_at = covered_at")


def downgrade() -> None:
    op.drop_column("conversations", "watched_at")

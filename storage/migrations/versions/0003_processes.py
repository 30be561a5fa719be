"""What several processes need: an order of what is due, who holds a connection, who is alive.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("holder", sa.Uuid()))
    op.add_column("inbox", sa.Column("holder", sa.Uuid()))
    _rank_routes()
    _rank_conversations()
    op.create_table(
        "processes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )


def downgrade() -> None:
    op.drop_table("processes")
    op.drop_index("ix_conversations_state", table_name="conversations")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("rank_at")
    op.create_index("ix_conversations_state", "conversations", ["state", "queued_at"])
    op.drop_index("ix_routes_rank_at", table_name="routes")
    with op.batch_alter_table("routes") as routes:
        routes.drop_column("tries")
        routes.drop_column("rank_at")
    op.create_index(
        "ix_routes_due_at", "routes", ["due_at"], sqlite_where=DUE, postgresql_where=DUE
    )
    for name in ("inbox", "contacts"):
        with op.batch_alter_table(name) as table:
            table.drop_column("holder")


def _rank_routes() -> None:
    op.drop_index("ix_routes_due_at", table_name="routes")
    op.add_column("routes", sa.Column("rank_at", MOMENT))
    op.execute("UPDATE routes SET rank_at = due_at")
    with op.batch_alter_table("routes") as routes:
        routes.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("routes") as routes:
        routes.alter_column("tries", existing_type=sa.Integer(), server_default=None)
    op.create_index(
        "ix_routes_rank_at", "routes", ["rank_at"], sqlite_where=DUE, postgresql_where=DUE
    )


def _rank_conversations() -> None:
    """Who waits now keeps the order of the queue; the first change writes the exact rank."""
    op.drop_index("ix_conversations_state", table_name="conversations")
    op.add_column("conversations", sa.Column("rank_at", MOMENT))
    op.execute("UPDATE conversations SET rank_at = queued_at")
    op.create_index("ix_conversations_state", "conversations", ["state", "rank_at"])

"""Settings with their history, drafts of words, weekly tallies.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(64)
VALUE = sa.String(4000)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("position", COUNTER, nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("value", VALUE, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_settings"),
        _by_staff("settings", "staff_id"),
    )
    op.create_index("ix_settings_name", "settings", ["name", "position"])
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("body", VALUE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.Column("ended_by", sa.Uuid()),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        _by_staff("drafts", "proposed_by"),
        _by_staff("drafts", "decided_by"),
        _by_staff("drafts", "ended_by"),
    )
    op.create_index("ix_drafts_state", "drafts", ["state"])
    op.create_table(
        "tallies",
        sa.Column("week", CODE, nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", "name", name="pk_tallies"),
    )


def downgrade() -> None:
    for table in ("tallies", "drafts", "settings"):
        op.drop_table(table)


def _by_staff(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["staff.id"], name=f"fk_{table}_{column}")

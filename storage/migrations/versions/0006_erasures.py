"""What was erased, whether a ledger was begun, and the last words to those who erased.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_erasures"),
    )
    op.create_table(
        "ledgers",
        sa.Column("keyring", sa.Uuid(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("keyring", name="pk_ledgers"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("erasing", sa.Uuid()),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("address_ct", sa.LargeBinary(), nullable=False),
        sa.Column("body_ct", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.Uuid()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
    )
    op.create_index("ix_receipts_due_at", "receipts", ["due_at"])


def downgrade() -> None:
    op.drop_table("receipts")
    op.drop_table("ledgers")
    op.drop_table("erasures")

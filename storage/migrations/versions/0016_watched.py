"""Cover while somebody watches, return codes, earlier talks, proofs of who we are.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HASH = sa.LargeBinary(32)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("covered_at", MOMENT))
    op.create_table(
        "return_codes",
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name="pk_return_codes"),
        _talk("return_codes", "conversation_id"),
        sa.UniqueConstraint("conversation_id", name="uq_return_codes_conversation_id"),
    )
    op.create_table(
        "return_tries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_return_tries"),
    )
    op.create_index("ix_return_tries_contact_id", "return_tries", ["contact_id"])
    op.create_index("ix_return_tries_at", "return_tries", ["at"])
    op.create_table(
        "earlier_talks",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("earlier_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_earlier_talks"),
        _talk("earlier_talks", "conversation_id"),
        _talk("earlier_talks", "earlier_id"),
    )
    op.create_index("ix_earlier_talks_earlier_id", "earlier_talks", ["earlier_id"])
    op.create_table(
        "proofs",
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name="pk_proofs"),
    )
    op.create_index("ix_proofs_expires_at", "proofs", ["expires_at"])


def downgrade() -> None:
    for table in ("proofs", "earlier_talks", "return_tries", "return_codes"):
        op.drop_table(table)
    op.drop_column("conversations", "covered_at")


def _talk(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["conversations.id"], name=f"fk_{table}_{column}")

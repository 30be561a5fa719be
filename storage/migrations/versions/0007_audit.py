"""The audit log's batches, their chain's head, and the public keys that check them.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HASH = sa.LargeBinary(32)
NOT_COPIED = sa.text("copied_at IS NULL")


def upgrade() -> None:
    op.add_column("audit", sa.Column("batch", sa.BigInteger()))
    op.create_index("ix_audit_batch", "audit", ["batch", "position"])
    op.create_index("ix_audit_object_id", "audit", ["object_id", "position"])
    op.create_index("ix_audit_action", "audit", ["action", "position"])
    op.create_index("ix_audit_staff_id", "audit", ["staff_id", "position"])
    op.create_table(
        "audit_batches",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("leaves", sa.LargeBinary()),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("copied_at", MOMENT),
        sa.PrimaryKeyConstraint("number", name="pk_audit_batches"),
    )
    op.create_index(
        "ix_audit_batches_not_copied",
        "audit_batches",
        ["number"],
        sqlite_where=NOT_COPIED,
        postgresql_where=NOT_COPIED,
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "audit_keys",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("public", HASH, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_keys"),
    )


def downgrade() -> None:
    op.drop_table("audit_keys")
    op.drop_table("audit_head")
    op.drop_table("audit_batches")
    op.drop_index("ix_audit_staff_id", "audit")
    op.drop_index("ix_audit_action", "audit")
    op.drop_index("ix_audit_object_id", "audit")
    op.drop_index("ix_audit_batch", "audit")
    op.drop_column("audit", "batch")

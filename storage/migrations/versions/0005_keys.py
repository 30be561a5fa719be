"""Which wrap keys are retired, who rotates, and which key made a route.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from storage.tables import KEYS_SCHEMA

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "wrap_keys",
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("retired_at", MOMENT),
        sa.PrimaryKeyConstraint("number", name="pk_wrap_keys"),
        schema=KEYS_SCHEMA,
    )
    op.create_table(
        "key_work",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_key_work"),
        schema=KEYS_SCHEMA,
    )
    # Routes from before name no key: 0 is older than every key.
    op.add_column(
        "routes",
        sa.Column("edge_key", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_column("routes", "edge_key")
    op.drop_table("key_work", schema=KEYS_SCHEMA)
    op.drop_table("wrap_keys", schema=KEYS_SCHEMA)

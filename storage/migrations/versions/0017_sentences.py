"""Versions of the bot's sentences that staff changed in the console.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CODE = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "sentence_versions",
        sa.Column("sentence", CODE, nullable=False),
        sa.Column("band", CODE, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Uuid()),
        sa.Column("reason", sa.String(4000), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sentence", "band", "number", name="pk_sentence_versions"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_sentence_versions_draft_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_sentence_versions_staff_id"),
    )


def downgrade() -> None:
    op.drop_table("sentence_versions")

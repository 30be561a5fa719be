"""Versions of sentences that staff changed; each help service a setting of its own.

Revision ID: 0017
"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CODE = sa.String(64)
SETTINGS = sa.table("settings", *map(sa.column, ("position", "name", "value", "staff_id", "at")))


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
    _hide_one_by_one()


def _hide_one_by_one() -> None:
    """Keep hidden what was: one list of ids becomes a setting for each, by the same person."""
    bind = op.get_bind()
    query = sa.select(SETTINGS).where(SETTINGS.c.name == "resources.hidden")
    newest = bind.execute(query.order_by(SETTINGS.c.position.desc()).limit(1)).first()
    if newest is None:
        return
    since = datetime.fromisoformat(str(newest.at)).date()
    by = {"value": f"out {since}", "staff_id": newest.staff_id, "at": newest.at}
    for one in json.loads(newest.value):
        if one != "police-112":
            bind.execute(SETTINGS.insert().values(name=f"resource.{one}", **by))


def downgrade() -> None:
    op.drop_table("sentence_versions")

"""The first tables: people, talks, the roads in and out, staff, the audit log.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CODE = sa.String(64)
HASH = sa.LargeBinary(32)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_data_keys()
    _make_key_proofs()
    _make_contacts()
    _make_conversations()
    _make_lines()
    _make_inbox()
    _make_routes()
    _make_outbox()
    _make_staff()
    _make_invitations()
    _make_staff_sessions()
    _make_audit()


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("staff_sessions")
    op.drop_table("invitations")
    op.drop_table("staff")
    op.drop_table("outbox")
    op.drop_table("routes")
    op.drop_table("inbox")
    op.drop_table("lines")
    op.drop_table("conversations")
    op.drop_table("contacts")
    op.drop_table("key_proofs")
    op.drop_table("data_keys", schema="keys")


def _make_data_keys() -> None:
    op.create_table(
        "data_keys",
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", CODE, nullable=False),
        sa.Column("wrap_key", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("owner", "generation", name="pk_data_keys"),
        schema="keys",
    )
    op.create_index("ix_data_keys_wrap_key", "data_keys", ["wrap_key"], schema="keys")


def _make_key_proofs() -> None:
    op.create_table(
        "key_proofs",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proof", HASH, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_key_proofs"),
    )


def _make_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("index_key", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym", HASH, nullable=False),
        sa.Column("address_ct", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("gone_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("index_key", "pseudonym", name="uq_contacts_index_key_pseudonym"),
    )


def _make_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("language", CODE, nullable=False),
        sa.Column("risk", sa.SmallInteger(), nullable=False),
        sa.Column("topic", CODE),
        sa.Column("reason", CODE),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid()),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("queued_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("memory_ct", sa.LargeBinary()),
        sa.CheckConstraint("risk BETWEEN 0 AND 3", name="ck_conversations_risk"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_conversations_contact_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_contact_id", "conversations", ["contact_id"])
    op.create_index("ix_conversations_owner_id", "conversations", ["owner_id"])
    op.create_index("ix_conversations_state", "conversations", ["state", "queued_at"])
    op.create_index(
        "uq_conversations_open",
        "conversations",
        ["contact_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('bot', 'queued', 'active')"),
        postgresql_where=sa.text("state IN ('bot', 'queued', 'active')"),
    )


def _make_lines() -> None:
    op.create_table(
        "lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("speaker", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("text_ct", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_lines_conversation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lines"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_lines_conversation_id_seq"),
    )


def _make_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("position", COUNTER, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("event_hash", HASH, nullable=False),
        sa.Column("route", HASH),
        sa.Column("state", CODE, nullable=False),
        sa.Column("body_ct", sa.LargeBinary()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_inbox"),
        sa.UniqueConstraint("channel", "event_hash", name="uq_inbox_channel_event_hash"),
        sa.UniqueConstraint("id", name="uq_inbox_id"),
    )
    op.create_index("ix_inbox_route", "inbox", ["route", "position"])


def _make_routes() -> None:
    op.create_table(
        "routes",
        sa.Column("route", HASH, nullable=False),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("route", name="pk_routes"),
    )
    op.create_index(
        "ix_routes_due_at",
        "routes",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel", CODE, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body_ct", sa.LargeBinary()),
        sa.Column("from_counselor", sa.Boolean(), nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("code", CODE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_outbox_contact_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_outbox_conversation_id"
        ),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"], name="fk_outbox_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_outbox_conversation_id_seq"),
        sa.UniqueConstraint("line_id", name="uq_outbox_line_id"),
    )
    op.create_index("ix_outbox_contact_id", "outbox", ["contact_id"])
    op.create_index(
        "ix_outbox_due_at",
        "outbox",
        ["due_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["conversation_id", "seq"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _make_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("role", CODE, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("totp_ct", sa.LargeBinary(), nullable=False),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
    )


def _make_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("role", CODE, nullable=False),
        sa.Column("invited_by", sa.Uuid()),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.ForeignKeyConstraint(["invited_by"], ["staff.id"], name="fk_invitations_invited_by"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("token_hash", name="uq_invitations_token_hash"),
    )


def _make_staff_sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", CODE, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_sessions_staff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_staff_sessions_token_hash"),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("position", COUNTER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Uuid()),
        sa.Column("role", CODE),
        sa.Column("action", CODE, nullable=False),
        sa.Column("object_id", sa.Uuid()),
        sa.Column("purpose", CODE, nullable=False),
        sa.Column("result", CODE, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit"),
    )

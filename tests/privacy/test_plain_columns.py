"""Every column that is not sealed has a reason to be plain, and little to tell."""

from sqlalchemy import Boolean, Column, Uuid

from storage.tables import KEYS, METADATA, UtcDateTime
from tests.privacy.rows import SEALED

UNTELLING = (Boolean, UtcDateTime, Uuid)
"""Types that can hold no word and no number of a person: yes or no, a time, a random id."""

PLAIN = {
    "a category of ours, from a fixed list": {
        "audit.action", "audit.purpose", "audit.result", "audit.role", "case_notes.kind",
        "contacts.channel",
        "conversations.channel", "conversations.language", "conversations.reason",
        "conversations.risk", "conversations.state", "conversations.topic", "data_keys.purpose",
        "inbox.channel", "inbox.code", "inbox.state", "invitations.role", "lines.kind",
        "lines.speaker", "reports.state", "reports.told", "unmaskings.reason",
        "unmaskings.state", "outcomes.follow_up", "outcomes.outcome", "outbox.channel",
        "outbox.code", "outbox.state", "presence.state",
        "facts.name", "key_work.name", "processes.roles", "proposals.role", "receipts.channel",
        "routes.channel", "staff.role", "stopped.ask", "stopped.state",
        "settings.name", "drafts.kind", "drafts.state",
        "sentence_versions.band", "sentence_versions.sentence",
        "tallies.name", "tallies.week",
    },
    "a count that nobody is in, its categories and its period": {
        f"{table}.{column}"
        for table in ("metric_counts", "metric_published")
        for column in ("name", "period", "row", "column", "amount")
    },
    "a count with noise, given to the public, and what it cost": {
        f"metric_released.{column}"
        for column in ("name", "period", "row", "column", "amount", "epsilon")
    },
    "a counter of ours": {
        "audit.position", "audit.batch", "audit_batches.leaves", "audit_batches.number",
        "audit_batches.rows", "audit_batches.size", "audit_head.id", "audit_head.number",
        "audit_head.size", "passkeys.sign_count", "receipts.attempt", "receipts.fence",
        "companions.epoch", "conversations.epoch", "conversations.last_seq",
        "conversations.version", "inbox.attempts", "inbox.position", "lines.seq", "offers.epoch",
        "readers.upto", "stopped.epoch",
        "outbox.attempt", "outbox.fence", "outbox.part", "outbox.seq", "outbox.tries",
        "routes.fence", "routes.tries", "settings.position", "tallies.total",
        "sentence_versions.number",
    },
    "the number of a key or of a 30-second step": {
        "audit_batches.key", "audit_keys.number", "contacts.index_key",
        "routes.edge_key", "wrap_keys.number",
        "data_keys.generation", "data_keys.wrap_key", "key_proofs.number",
        "staff.totp_last_step",
    },
    "a keyed hash, worth nothing without the keyring": {
        "contacts.pseudonym", "inbox.event_hash", "inbox.route", "key_proofs.proof",
        "lines.message_hash", "routes.route", "return_codes.code_hash", "proofs.code_hash",
    },
    "the SHA-256 of 16 random bytes or more": {
        "challenges.challenge_hash", "crossings.reference_hash", "passkeys.credential_hash",
        "invitations.token_hash", "staff_sessions.token_hash",
    },
    "a random word of ours that is worth nothing without the cookie": {"staff_sessions.csrf_token"},
    "a pseudonym that a member of staff chose; the page says not to take their name": {
        "staff.name"
    },
    "what stands for the sealed audit log, and its signature": {
        "audit_batches.hash", "audit_batches.root", "audit_batches.signature",
        "audit_head.hash", "audit_keys.public",
    },
    "switches, hours, days and names of our sentences; checked when it is set": {
        "settings.value"
    },
    "words that staff propose for the lexicon or the bot, which every process holds anyway": {
        "drafts.body", "sentence_versions.reason"
    },
    "Argon2id": {"staff.password_hash"},
}  # fmt: skip


def test_a_column_is_sealed_or_has_a_reason_to_be_plain() -> None:
    allowed = set().union(*PLAIN.values())
    tables = [*METADATA.tables.values(), *KEYS.tables.values()]
    columns = [column for table in tables for column in table.columns]
    telling = {_name(one) for one in columns if not isinstance(one.type, UNTELLING)}

    assert telling - set(SEALED) - allowed == set()
    assert allowed - telling == set()  # nothing stays on the list that is not there any more
    assert allowed & set(SEALED) == set()


def _name(column: Column[object]) -> str:
    return f"{column.table.name}.{column.name}"

"""All tables; every column that ends in `_ct` holds a sealed value (see places.py)."""

from storage.tables.audit_log import audit, audit_batches, audit_head, audit_keys
from storage.tables.board import readers, stopped
from storage.tables.duties import debriefs, heavy_talks, reports, unmaskings
from storage.tables.keys import data_keys, erasures, key_proofs, key_work, ledgers, wrap_keys
from storage.tables.kinds import (
    KEYS,
    KEYS_SCHEMA,
    METADATA,
    Insert,
    UtcDateTime,
    insert_for,
    insert_into,
)
from storage.tables.metrics import metric_counts, metric_published, metric_released
from storage.tables.people import (
    challenges,
    invitations,
    passkeys,
    presence,
    proposals,
    staff,
    staff_sessions,
)
from storage.tables.returning import earlier_talks, proofs, return_codes, return_tries
from storage.tables.road import facts, inbox, outbox, processes, receipts, routes
from storage.tables.steering import drafts, sentence_versions, settings, tallies
from storage.tables.talks import (
    case_notes,
    companions,
    contacts,
    conversations,
    crossings,
    lines,
    offers,
    outcomes,
)

__all__ = [
    "KEYS",
    "KEYS_SCHEMA",
    "METADATA",
    "Insert",
    "UtcDateTime",
    "audit",
    "audit_batches",
    "audit_head",
    "audit_keys",
    "case_notes",
    "challenges",
    "companions",
    "contacts",
    "conversations",
    "crossings",
    "data_keys",
    "debriefs",
    "drafts",
    "earlier_talks",
    "erasures",
    "facts",
    "heavy_talks",
    "inbox",
    "insert_for",
    "insert_into",
    "invitations",
    "key_proofs",
    "key_work",
    "ledgers",
    "lines",
    "metric_counts",
    "metric_published",
    "metric_released",
    "offers",
    "outbox",
    "outcomes",
    "passkeys",
    "presence",
    "processes",
    "proofs",
    "proposals",
    "readers",
    "receipts",
    "reports",
    "return_codes",
    "return_tries",
    "routes",
    "sentence_versions",
    "settings",
    "staff",
    "staff_sessions",
    "stopped",
    "tallies",
    "unmaskings",
    "wrap_keys",
]

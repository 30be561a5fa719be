import inspect
from uuid import uuid4

from sqlalchemy import String

from storage import places
from storage.records import Speaker
from storage.seal import Place
from storage.tables import KEYS, METADATA

ID = uuid4()
SEALED = {
    place.table + "." + place.column: place
    for place in (
        places.contact_address(ID, "fake"),
        places.conversation_memory(ID),
        places.line_text(ID, ID, Speaker.PERSON, 1),
        places.inbox_body(ID, "fake", b"hash"),
        places.outbox_body(ID, ID, 1),
        places.staff_totp(ID),
        places.case_note(ID, ID),
        places.stopped_words(ID, ID),
        places.stopped_answer(ID, ID),
        places.passkey(ID, ID),
        places.debrief(ID, ID),
        places.receipt_address(ID, "fake"),
        places.receipt_body(ID),
    )
}
# Codes, categories and names we make ourselves; nothing a young person says fits in here.
CODES = {
    "audit": {"role", "action", "purpose", "result"},
    "contacts": {"channel"},
    "conversations": {"channel", "state", "language", "topic", "reason"},
    "lines": {"speaker", "kind"},
    "inbox": {"channel", "state", "code"},
    "routes": {"channel"},
    "outbox": {"channel", "state", "code"},
    "staff": {"name", "role", "password_hash"},
    "staff_sessions": {"csrf_token"},
    "invitations": {"role"},
    "proposals": {"role"},
    "data_keys": {"purpose"},
    "facts": {"name"},
    "key_work": {"name"},
    "receipts": {"channel"},
    "processes": {"roles"},
    "presence": {"state"},
    "case_notes": {"kind"},
    "stopped": {"ask", "state"},
    "outcomes": {"outcome", "follow_up"},
    "reports": {"state", "told"},
    "unmaskings": {"reason", "state"},
    "settings": {"name", "value"},
    "drafts": {"kind", "body", "state"},
    "sentence_versions": {"sentence", "band", "reason"},
    "metric_counts": {"name", "period", "row", "column"},
    "metric_published": {"name", "period", "row", "column"},
    "metric_released": {"name", "period", "row", "column"},
    "tallies": {"week", "name"},
}
TABLES = [*METADATA.tables.values(), *KEYS.tables.values()]


def test_every_sealed_column_has_its_place_and_every_place_its_column() -> None:
    columns = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.columns
        if column.name.endswith("_ct")
    }
    assert columns == set(SEALED)


def test_every_place_of_the_room_is_listed_here() -> None:
    made = [
        function
        for _, function in inspect.getmembers(places, inspect.isfunction)
        if inspect.signature(function).return_annotation is Place
    ]
    assert len(made) == len(SEALED)


def test_no_other_column_can_hold_content() -> None:
    texts = {
        table.name: {column.name for column in table.columns if isinstance(column.type, String)}
        for table in TABLES
    }
    assert {name: columns for name, columns in texts.items() if columns} == CODES


def test_texts_are_short_and_never_without_a_limit() -> None:
    lengths = {
        column.type.length
        for table in TABLES
        for column in table.columns
        if isinstance(column.type, String)
    }
    assert lengths == {64, 255, 4000}

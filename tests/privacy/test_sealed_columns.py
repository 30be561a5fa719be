"""What is sealed cannot be moved, altered or cut, and every column that is not has a reason."""

import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Column, delete, select, update

from storage.database import Database
from storage.errors import KeyMissing, KeysAway, SealBroken
from storage.keyring import Keyring
from storage.tables import KEYS, METADATA, lines
from tests.database import ON_SQLITE
from tests.privacy.rows import SEALED, House, Person, Sealed, Values, elsewhere, opens

WRAPPED = "data_keys.wrapped"
REFUSED = (SealBroken, KeyMissing)
COLUMNS = [
    column
    for tables in (METADATA, KEYS)
    for table in tables.tables.values()
    for column in table.columns
]


@pytest.fixture
async def house(database: Database, database_url: str, keyring: Keyring) -> House:
    return House(database, database_url, keyring)


def test_every_sealed_column_is_proved_here() -> None:
    sealed = {_name(one) for one in COLUMNS if one.name.endswith("_ct") or "wrapped" in one.name}
    assert sealed == set(SEALED)
    assert all(_name(one.column) == name for name, one in SEALED.items())


@pytest.mark.parametrize("name", SEALED)
async def test_what_nobody_touched_opens(house: House, name: str) -> None:
    person = await house.person()
    assert await SEALED[name].read(house, person)


def _later(blob: bytes, by: int) -> bytes:
    """The same value under another key number."""
    (number,) = struct.unpack_from(">I", blob, 2)
    return blob[:2] + struct.pack(">I", number + by) + blob[6:]


Change = Callable[[Person, Person], Values]
"""What a thief of the database writes into a person's row; the second one is somebody else."""

MOVES: dict[str, dict[str, Change]] = {
    "case_notes.text_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "conversation": lambda here, there: {"conversation_id": there.talk},
    },
    "stopped.answer_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "conversation": lambda here, there: {"conversation_id": there.talk},
    },
    "stopped.words_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "conversation": lambda here, there: {"conversation_id": there.talk},
    },
    "contacts.address_ct": {},
    "conversations.memory_ct": {},
    "data_keys.wrapped": {
        "owner": lambda here, there: {"owner": elsewhere()},
        "purpose": lambda here, there: {"purpose": "wrap_contact"},
        "generation": lambda here, there: {"generation": 2},
        "a generation below zero": lambda here, there: {"generation": -1},
        "wrap key": lambda here, there: {"wrap_key": 2},
        "a wrap key that never was": lambda here, there: {"wrap_key": 2**40},
    },
    "debriefs.text_ct": {"owner": lambda here, there: {"staff_id": there.keeper}},
    "inbox.body_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "channel": lambda here, there: {"channel": "other"},
        "event": lambda here, there: {"event_hash": b"x" * 32},
    },
    "lines.text_ct": {
        "conversation": lambda here, there: {"conversation_id": there.talk},
        "speaker": lambda here, there: {"speaker": "counselor"},
        "a speaker that never was": lambda here, there: {"speaker": "nobody"},
        "sequence": lambda here, there: {"seq": 90},
    },
    "outbox.body_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "conversation": lambda here, there: {"conversation_id": there.talk},
        "channel": lambda here, there: {"channel": "other"},
        "sequence": lambda here, there: {"seq": 90},
        "a sequence below zero": lambda here, there: {"seq": -1},
    },
    "passkeys.key_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "owner": lambda here, there: {"staff_id": there.keeper},
    },
    "receipts.address_ct": {
        "row": lambda here, there: {"id": elsewhere()},
        "channel": lambda here, there: {"channel": "other"},
    },
    "receipts.body_ct": {"row": lambda here, there: {"id": elsewhere()}},
    "staff.totp_ct": {"row": lambda here, there: {"id": elsewhere()}},
}


async def test_a_value_does_not_open_in_a_row_that_was_changed(house: House) -> None:
    assert set(MOVES) == set(SEALED)
    for name, changes in MOVES.items():
        for what, change in changes.items():
            here, there = await house.person(lines_before=3), await house.person()
            values = change(here, there)
            sealed = SEALED[name]
            await house.write(sealed.column, sealed.of(here), values)
            await _is_refused(house, sealed, _after(here, sealed, values), f"{name}: {what}")


async def test_a_value_does_not_open_under_another_key_number(house: House) -> None:
    for name, sealed in SEALED.items():
        for by in (1, -1, 2**31):
            here = await house.person()
            blob = await house.value(sealed.column, sealed.of(here))
            number = struct.unpack_from(">I", blob, 2)[0] + by
            if 0 <= number < 2**32:
                await _write_blob(house, sealed, here, _later(blob, by))
                await _is_refused(house, sealed, here, f"{name}: {by}")


async def test_a_value_does_not_open_in_anybody_elses_row(house: House) -> None:
    for name, sealed in SEALED.items():
        here, there = await house.person(), await house.person()
        blob = await house.value(sealed.column, sealed.of(there))
        await _write_blob(house, sealed, here, blob)
        await _is_refused(house, sealed, here, name)


async def test_two_lines_of_one_talk_cannot_be_exchanged(house: House) -> None:
    here = await house.person(lines_before=1)
    async with house.database.reading() as session:
        first = select(lines.c.text_ct).where(lines.c.conversation_id == here.talk)
        blob = (await session.execute(first.order_by(lines.c.seq).limit(1))).scalar_one()
    await _write_blob(house, SEALED["lines.text_ct"], here, blob)
    await _is_refused(house, SEALED["lines.text_ct"], here, "another line")


async def test_a_transcript_with_a_line_missing_inside_is_refused(house: House) -> None:
    for change in ("deleted", "hidden"):
        here = await house.person(lines_before=3)
        second = (lines.c.conversation_id == here.talk) & (lines.c.seq == 2)
        async with house.database.transaction() as session:
            if change == "deleted":
                await session.execute(delete(lines).where(second))
            else:
                await session.execute(update(lines).where(second).values(seq=-2))
        await _is_refused(house, SEALED["lines.text_ct"], here, change)


async def test_a_value_does_not_open_in_another_column_of_the_same_person(house: House) -> None:
    for one, other in permutations(SEALED, 2):
        here = await house.person()
        blob = await house.value(SEALED[one].column, SEALED[one].of(here))
        await _write_blob(house, SEALED[other], here, blob)
        await _is_refused(house, SEALED[other], here, f"{one} as {other}")


async def test_an_older_value_of_the_same_row_opens_and_is_named_as_what_remains(
    house: House,
) -> None:
    """What was there before is a true value of its place: docs/threat-model.md says so."""
    here = await house.person()
    sealed = SEALED["conversations.memory_ct"]
    before = await house.value(sealed.column, here.talk)
    assert await sealed.read(house, here)
    await _write_blob(house, sealed, here, before)
    assert await sealed.read(house, here)


@ON_SQLITE  # what opens a value is the same code on both
@pytest.mark.parametrize("name", sorted(set(SEALED) - {WRAPPED}))
async def test_every_altered_byte_and_every_cut_is_refused(house: House, name: str) -> None:
    here = await house.person()
    blob = await house.value(SEALED[name].column, SEALED[name].of(here))
    await opens(house, here, name, blob)
    for mangled in _mangled(blob):
        with pytest.raises(REFUSED):
            await _looked_up(partial(opens, house, here, name, mangled))


@ON_SQLITE
async def test_every_altered_byte_and_every_cut_of_a_wrapped_key_is_refused(house: House) -> None:
    here, sealed = await house.person(), SEALED[WRAPPED]
    blob = await house.value(sealed.column, here.talk)
    for mangled in _mangled(blob):
        await _write_blob(house, sealed, here, mangled)
        await _is_refused(house, sealed, here, WRAPPED)


def _mangled(blob: bytes) -> list[bytes]:
    flipped = [blob[:at] + bytes([blob[at] ^ 0x80]) + blob[at + 1 :] for at in range(len(blob))]
    return [*flipped, *(blob[:at] for at in range(len(blob))), blob + b"\0"]


async def _write_blob(house: House, sealed: Sealed, person: Person, blob: bytes) -> None:
    await house.write(sealed.column, sealed.of(person), {sealed.column.name: blob})


async def _is_refused(house: House, sealed: Sealed, person: Person, what: str) -> None:
    try:
        await _looked_up(partial(sealed.read, house, person))
    except REFUSED:
        return
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}") from error
    raise AssertionError(f"{what}: it opened")


async def _looked_up(read: Callable[[], Awaitable[object]]) -> object:
    """Read as the product does: a key that may be newer than known is looked up once more."""
    try:
        return await read()
    except KeysAway:
        return await read()


def _after(person: Person, sealed: Sealed, values: Values) -> Person:
    """The person as their rows are found after a change."""
    moved = values.get("id") or values.get("owner")
    return person if moved is None else replace(person, **{sealed.row: moved})


def _name(column: Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"

"""Rows with something sealed in every column that can hold it, and how the product reads them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, select, update

from storage import (
    case_notes,
    conversations,
    heavy,
    inbox,
    outbox,
    passkeys,
    places,
    receipts,
    staff,
    stopped,
    transcript,
)
from storage.database import Database, open_database
from storage.engines import keys_engine
from storage.errors import SealBroken
from storage.keyring import Keyring, Purpose
from storage.records import DeliveryState, Line, Role, Speaker, Staff, Stopped, StoppedState
from storage.seal import Place
from storage.tables import case_notes as notes
from storage.tables import contacts, data_keys, debriefs, lines
from storage.tables import conversations as talks
from storage.tables import inbox as events
from storage.tables import outbox as deliveries
from storage.tables import passkeys as devices
from storage.tables import receipts as last_words
from storage.tables import staff as people
from storage.tables import stopped as asked
from tests.factories import (
    DUE,
    LEASE,
    NOBODY,
    NOON,
    accepted,
    received,
    said,
    sent_out,
    talk_of,
    turn_taken,
)

_numbers = count(1)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A person, a talk of theirs, and somebody on the staff, as their rows are found."""

    contact: UUID
    talk: UUID
    line: UUID
    note: UUID
    stopped: UUID
    delivery: UUID
    event: UUID
    staff: UUID
    name: str
    passkey: UUID
    keeper: UUID  # whose passkey and debrief it is
    receipt: UUID
    debrief: UUID


@dataclass(frozen=True, slots=True)
class House:
    """An open database, and what it takes to open it as another process does."""

    database: Database
    url: str
    keyring: Keyring

    async def person(self, *, lines_before: int = 0) -> Person:
        """Make somebody new with a value in every sealed column."""
        number = next(_numbers)
        account = f"account-{number}"
        await accepted(self.database, received(account=account))
        talk = await talk_of(self.database, account=account)
        for _ in range(lines_before):
            await said(self.database, talk.id, "안녕하세요")
        line: Line = await sent_out(self.database, talk, "곁에 있을게요")
        async with self.database.transaction() as session:
            await conversations.advance(
                session, self.database.vault, talk, talk, memory='{"topic": "greeting"}'
            )
            note = uuid4()
            await case_notes.add(
                session, self.database.vault, talk.id,
                note_id=note, staff_id=uuid4(), text="내일 다시 온대요", kind="note", now=NOON,
            )  # fmt: skip
            text = Stopped(
                uuid4(), talk.id, talk.epoch, uuid4(), "school", StoppedState.ASKED, NOON, None
            )
            vault = self.database.vault
            await stopped.add(session, vault, text, text="어디예요", reason="119가 물어요")
            await stopped.decide(
                session, vault, text, StoppedState.RELEASED, answer="네", by=uuid4(), now=NOON
            )
            query = select(deliveries.c.id).where(deliveries.c.line_id == line.id)
            delivery = (await session.execute(query)).scalar_one()
            newest = select(events.c.id).order_by(events.c.position.desc()).limit(1)
            event = (await session.execute(newest)).scalar_one()
        member = await self._join(f"소나무-{number}")
        keeper = await self._join(f"전나무-{number}")
        passkey, receipt = await self._passkey(keeper), await self._last_word()
        async with self.database.transaction() as session:
            vault = self.database.vault
            debrief = await heavy.write(session, vault, keeper.id, "긴 하루", now=NOON)
        return Person(
            talk.contact_id,
            talk.id,
            line.id,
            note,
            text.id,
            delivery,
            event,
            member.id,
            member.name,
            passkey,
            keeper.id,
            receipt,
            debrief,
        )

    async def _passkey(self, member: Staff) -> UUID:
        async with self.database.transaction() as session:
            made = await passkeys.add(
                session, self.database.vault, owner=member, credential_id=uuid4().bytes,
                public_key=b"public", sign_count=0, label="전화기", now=NOON,
            )  # fmt: skip
            return made.id

    async def _last_word(self) -> UUID:
        async with self.database.transaction() as session:
            before = set((await session.execute(select(last_words.c.id))).scalars())
            await receipts.put(
                session, self.database.vault, channel="fake", address="to-account",
                body="{}", holder=None, erasing=None, now=NOON,
            )  # fmt: skip
            after = set((await session.execute(select(last_words.c.id))).scalars())
            made: UUID = (after - before).pop()
            return made

    async def _join(self, name: str) -> Staff:
        async with self.database.transaction() as session:
            token = await staff.invite(
                session, self.database.vault,
                role=Role.COUNSELOR, invited_by=None, now=NOON, lifetime=LEASE,
            )  # fmt: skip
            return await staff.join(
                session, self.database.vault,
                token=token, name=name, password_hash="x", totp_secret="GEZDGNBV", now=NOON,
            )  # fmt: skip

    async def write(self, column: Column[Any], row: UUID, values: Values) -> None:
        """Change a row behind the product's back."""
        statement = update(column.table).where(_key(column) == row).values(**values)
        if column.table is data_keys:
            engine = keys_engine(self.url, None)
            async with engine.begin() as connection:
                await connection.execute(statement)
            await engine.dispose()
            return
        async with self.database.transaction() as session:
            await session.execute(statement)

    async def value(self, column: Column[Any], row: UUID) -> bytes:
        """Return the bytes of a row's sealed value."""
        query = select(column).where(_key(column) == row)
        if column.table is data_keys:
            engine = keys_engine(self.url, None)
            async with engine.begin() as connection:
                kept: bytes = (await connection.execute(query)).scalar_one()
            await engine.dispose()
            return kept
        async with self.database.reading() as session:
            found: bytes = (await session.execute(query)).scalar_one()
            return found


Read = Callable[[House, Person], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed column: which row of a person it is of, and the road on which it is opened."""

    column: Column[Any]
    row: str  # an attribute of Person
    read: Read

    def of(self, person: Person) -> UUID:
        """The id of the person's row."""
        found: UUID = getattr(person, self.row)
        return found


async def _read_lines(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        query = select(lines.c.conversation_id).where(lines.c.id == person.line)
        talk = (await session.execute(query)).scalar_one()
        return await transcript.read(session, house.database.vault, talk)


async def _read_notes(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        query = select(notes.c.conversation_id).where(notes.c.id == person.note)
        talk = (await session.execute(query)).scalar_one()
        return await case_notes.read(session, house.database.vault, talk)


async def _read_stopped(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        query = select(asked.c.conversation_id).where(asked.c.id == person.stopped)
        talk = (await session.execute(query)).scalar_one()
        return await stopped.read(session, house.database.vault, talk, [person.stopped])


async def _read_memory(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        talk = await conversations.get(session, person.talk)
        return await conversations.memory(session, house.database.vault, talk)


async def _send(house: House, person: Person) -> object:
    """Claim all that is due, twice, since a key may be newer than known at first.

    The person's own message is dead when it does not open.
    """
    for now in (NOON, NOON + outbox.KEYS_AWAY):
        async with house.database.transaction() as session:
            while claimed := await outbox.claim(
                session, house.database.vault,
                now=now, lease=LEASE, channels=("fake", "other"), holding=NOBODY,
            ):  # fmt: skip
                if claimed.id == person.delivery:
                    return claimed.address, claimed.body
                await outbox.settle(session, claimed, DeliveryState.SENT, now=now)
    query = select(deliveries.c.state, deliveries.c.code).where(deliveries.c.id == person.delivery)
    async with house.database.reading() as session:
        row = (await session.execute(query)).one()
    assert row.state == DeliveryState.DEAD
    raise SealBroken(row.code)


async def _take(house: House, person: Person) -> object:
    """Take every turn that is due; the person's own event is dead when it does not open."""
    while (turn := await turn_taken(house.database, now=DUE)) is not None:
        for event in turn.events:
            if event.id == person.event:
                return event.body
    query = select(events.c.state, events.c.code).where(events.c.body_ct.is_not(None))
    async with house.database.reading() as session:
        dead = [row for row in await session.execute(query) if row.state == inbox.EventState.DEAD]
    assert dead
    raise SealBroken(dead[-1].code)


async def _sign_in(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        return await staff.secrets_of(session, house.database.vault, person.name)


async def _read_passkeys(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        query = select(devices.c.staff_id).where(devices.c.id == person.passkey)
        owner = (await session.execute(query)).scalar_one()
        return await passkeys.of_staff(session, house.database.vault, owner)


async def _read_debrief(house: House, person: Person) -> object:
    async with house.database.reading() as session:
        found = await heavy.read(session, house.database.vault, person.debrief)
    if found is None:
        raise SealBroken("gone")
    return found


async def _say_last(house: House, person: Person) -> object:
    """Claim every last word that is due; the person's own is removed when it does not open."""
    async with house.database.transaction() as session:
        while found := await receipts.claim(
            session, house.database.vault,
            now=NOON, lease=LEASE, channels=("fake", "other"), holding=NOBODY,
        ):  # fmt: skip
            if found.id == person.receipt:
                return found
        rest = select(last_words.c.id).where(last_words.c.id == person.receipt)
        assert (await session.execute(rest)).one_or_none() is None
    raise SealBroken("receipt")


async def _unwrap(house: House, person: Person) -> object:
    """Read the talk's key as a process that has never seen it."""
    other = open_database(house.url, keyring=house.keyring)
    try:
        return await other.vault.data_key(person.talk)
    finally:
        await other.close()


SEALED = {
    "case_notes.text_ct": Sealed(notes.c.text_ct, "note", _read_notes),
    "contacts.address_ct": Sealed(contacts.c.address_ct, "contact", _send),
    "conversations.memory_ct": Sealed(talks.c.memory_ct, "talk", _read_memory),
    "data_keys.wrapped": Sealed(data_keys.c.wrapped, "talk", _unwrap),
    "debriefs.text_ct": Sealed(debriefs.c.text_ct, "debrief", _read_debrief),
    "inbox.body_ct": Sealed(events.c.body_ct, "event", _take),
    "lines.text_ct": Sealed(lines.c.text_ct, "line", _read_lines),
    "outbox.body_ct": Sealed(deliveries.c.body_ct, "delivery", _send),
    "passkeys.key_ct": Sealed(devices.c.key_ct, "passkey", _read_passkeys),
    "receipts.address_ct": Sealed(last_words.c.address_ct, "receipt", _say_last),
    "receipts.body_ct": Sealed(last_words.c.body_ct, "receipt", _say_last),
    "stopped.answer_ct": Sealed(asked.c.answer_ct, "stopped", _read_stopped),
    "stopped.words_ct": Sealed(asked.c.words_ct, "stopped", _read_stopped),
    "staff.totp_ct": Sealed(people.c.totp_ct, "staff", _sign_in),
}
"""Every column that holds a sealed value; a new one needs an entry here."""


async def opens(house: House, person: Person, name: str, blob: bytes) -> None:
    """Open bytes at the place that they have in a person's row; a person without lines before.

    Raises:
        SealBroken: they do not open there.
        KeyMissing: they name a key that there is not.
    """
    vault, place = house.database.vault, await _place(house, person, name)
    purposes = {"inbox.body_ct": Purpose.INTAKE}
    purposes |= dict.fromkeys(
        ("staff.totp_ct", "passkeys.key_ct", "debriefs.text_ct"), Purpose.STAFF
    )
    purpose = purposes.get(name)
    owners = {"contacts": person.contact, "receipts": person.receipt}
    owner = owners.get(name.partition(".")[0], person.talk)
    key = vault.keyring_key(blob, purpose) if purpose else await vault.data_key(owner)
    vault.open(key, blob, place)


async def _place(house: House, person: Person, name: str) -> Place:
    query = select(events.c.event_hash).where(events.c.id == person.event)
    async with house.database.reading() as session:
        event_hash = (await session.execute(query)).scalar_one()
    return {
        "case_notes.text_ct": places.case_note(person.talk, person.note),
        "contacts.address_ct": places.contact_address(person.contact, "fake"),
        "conversations.memory_ct": places.conversation_memory(person.talk),
        "debriefs.text_ct": places.debrief(person.debrief, person.keeper),
        "inbox.body_ct": places.inbox_body(person.event, "fake", event_hash),
        "lines.text_ct": places.line_text(person.talk, person.line, Speaker.BOT, 1),
        "outbox.body_ct": places.outbox_body(person.talk, person.delivery, 1),
        "passkeys.key_ct": places.passkey(person.passkey, person.keeper),
        "receipts.address_ct": places.receipt_address(person.receipt, "fake"),
        "receipts.body_ct": places.receipt_body(person.receipt),
        "stopped.answer_ct": places.stopped_answer(person.talk, person.stopped),
        "stopped.words_ct": places.stopped_words(person.talk, person.stopped),
        "staff.totp_ct": places.staff_totp(person.staff),
    }[name]


def elsewhere() -> UUID:
    """An id that no row has."""
    return uuid4()


def _key(column: Column[Any]) -> Column[Any]:
    return data_keys.c.owner if column.table is data_keys else column.table.c.id

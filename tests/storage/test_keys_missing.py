"""Table 2.4 of the threat model: what happens when keys are missing. Closed, and never silent."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from storage import audit, inbox, rotation, transcript
from storage.database import Database, open_database
from storage.errors import KeyMissing, KeyringUnusable, KeysAway, SealBroken
from storage.keyring import Keyring, Purpose, create_keyring
from storage.keyring_file import KeyringFile
from storage.roots import VaultRoot
from storage.tables import inbox as inbox_table
from storage.tables import lines
from storage.tables import outbox as outbox_table
from tests.factories import (
    NOON,
    accepted,
    delivery_claimed,
    received,
    said,
    sent_out,
    talk_of,
    turn_taken,
)
from tests.fakes.vault import MOUNT, NAME, TOKEN, FakeVault, vault_running

TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
def vault() -> Generator[FakeVault]:
    with vault_running() as fake:
        yield fake


@pytest.fixture
def path(tmp_path: Path, vault: FakeVault) -> Path:
    create_keyring(tmp_path / "keyring.json", now=NOON, root=_root(vault))
    return tmp_path / "keyring.json"


@pytest.fixture
async def house(database_url: str, path: Path, vault: FakeVault) -> AsyncGenerator[Database]:
    """A house whose root is Vault."""
    opened = open_database(database_url, keyring=KeyringFile(path, _root(vault)))
    await opened.prove_keyring()
    yield opened
    await opened.close()


@pytest.fixture
async def rotating(database_url: str, path: Path, vault: FakeVault) -> AsyncGenerator[Database]:
    """Another process, which rotates."""
    opened = open_database(database_url, keyring=KeyringFile(path, _root(vault)))
    yield opened
    await opened.close()


def _root(vault: FakeVault) -> VaultRoot:
    return VaultRoot(vault.address, MOUNT, NAME, lambda: TOKEN)


async def test_with_the_key_service_away_running_talks_go_on(
    house: Database, vault: FakeVault
) -> None:
    talk = await talk_of(house)
    vault.status = 503

    line = await said(house, talk.id, "계속")
    new = await talk_of(house, account="new")

    assert line.seq == 1
    assert (await said(house, new.id, "처음")).seq == 1


async def test_with_the_key_service_away_what_needs_a_new_key_waits(
    house: Database, rotating: Database, vault: FakeVault
) -> None:
    talk = await talk_of(house)
    old = await talk_of(rotating, account="not-remembered-here")
    await rotation.rotate(rotating, now=TOMORROW, notice=timedelta(0))
    await accepted(rotating, received(text="새 열쇠로"), now=TOMORROW)
    vault.status = 503

    assert (await said(house, talk.id, "기억하는 열쇠")).seq == 1
    with pytest.raises(KeysAway, match="root_away"):
        await house.vault.data_key(old.id)
    assert await turn_taken(house, now=TOMORROW + timedelta(minutes=1)) is None
    with pytest.raises(KeysAway):  # nobody is taken for new who may be known by a newer key
        await talk_of(house, account="somebody")

    vault.status = None
    turn = await turn_taken(house, now=TOMORROW + timedelta(minutes=2))
    assert turn is not None
    assert [event.body for event in turn.events] == ["새 열쇠로"]
    assert (await house.vault.data_key(old.id)).number == 1


async def test_with_the_key_service_away_a_message_out_waits_and_is_not_dead(
    house: Database, rotating: Database, vault: FakeVault
) -> None:
    talk = await talk_of(rotating)
    await sent_out(rotating, talk, "답")
    await rotation.rotate(rotating, now=TOMORROW, notice=timedelta(0))
    vault.status = 503

    for minutes in range(1, 30):
        assert await delivery_claimed(house, now=TOMORROW + timedelta(minutes=minutes)) is None
    vault.status = None

    assert await delivery_claimed(house, now=TOMORROW + timedelta(hours=1)) is not None


async def test_with_the_key_service_away_nothing_is_rotated_and_no_key_made(
    house: Database, path: Path, vault: FakeVault
) -> None:
    before = path.read_bytes()
    vault.status = 503

    with pytest.raises(KeysAway):
        await rotation.rotate(house, now=TOMORROW, notice=timedelta(0))

    assert path.read_bytes() == before
    vault.status = None
    assert await rotation.rotate(house, now=TOMORROW, notice=timedelta(0)) is not None


async def test_with_one_wrap_key_missing_its_talks_are_locked_and_others_work(
    house: Database, database_url: str
) -> None:
    locked = await talk_of(house)
    await said(house, locked.id, "어제")
    wrap = house.keys.current.newest(Purpose.WRAP)
    newer = house.keys.current.with_new([Purpose.WRAP], now=TOMORROW)
    holed = newer.without({wrap.number})
    other = open_database(database_url, keyring=holed)

    fresh = await talk_of(other, account="new")
    await said(other, fresh.id, "오늘")
    with pytest.raises(KeyMissing, match=f"key_missing:{wrap.number}"):
        await said(other, locked.id, "못 연다")
    async with other.reading() as session:
        with pytest.raises(KeyMissing):
            await transcript.read(session, other.vault, locked.id)
        opened = await transcript.read(session, other.vault, fresh.id)
    await other.close()

    assert [line.text for line in opened] == ["오늘"]
    async with house.reading() as session:  # the key is back: nothing was lost
        back = await transcript.read(session, house.vault, locked.id)
    assert [line.text for line in back] == ["어제"]


async def test_without_an_intake_key_nothing_is_accepted_and_nothing_stored(
    house: Database, database_url: str
) -> None:
    lacking = Keyring(
        house.keys.current.id,
        [key for key in house.keys.current.keys if key.purpose is not Purpose.INTAKE],
    )
    edge = open_database(database_url, keyring=lacking)

    with pytest.raises(KeyMissing, match="key_missing:intake"):
        await accepted(edge, received())

    async with edge.reading() as session:
        assert (await session.execute(select(inbox_table.c.id))).first() is None
    await edge.close()


async def test_a_line_that_was_altered_shows_no_part_of_its_talk(house: Database) -> None:
    talk = await talk_of(house)
    await said(house, talk.id, "하나")
    line = await said(house, talk.id, "둘")
    async with house.transaction() as session:
        await session.execute(
            update(lines).where(lines.c.id == line.id).values(text_ct=b"\1\1" + bytes(300))
        )

    async with house.reading() as session:
        with pytest.raises(SealBroken):
            await transcript.read(session, house.vault, talk.id)


async def test_an_altered_delivery_is_set_aside_and_written_into_the_audit_log(
    house: Database,
) -> None:
    await accepted(house, received(text="하나"), received(text="둘"))
    async with house.transaction() as session:
        first = (await session.execute(select(inbox_table).order_by("position"))).first()
        assert first is not None
        broken = first.body_ct[:-1] + bytes([first.body_ct[-1] ^ 1])
        await session.execute(
            update(inbox_table).where(inbox_table.c.id == first.id).values(body_ct=broken)
        )

    turn = await turn_taken(house)

    assert turn is not None
    assert [event.body for event in turn.events] == ["둘"]
    async with house.reading() as session:
        (entry,) = await audit.entries(session, object_id=first.id)
        row = (
            await session.execute(select(inbox_table.c.state).where(inbox_table.c.id == first.id))
        ).one()
    assert (entry.action, entry.result, entry.staff_id) == ("integrity_failure", "tag", None)
    assert row.state == inbox.EventState.DEAD


async def test_an_altered_message_out_is_set_aside_and_written_into_the_audit_log(
    house: Database,
) -> None:
    talk = await talk_of(house)
    await sent_out(house, talk, "답")
    async with house.transaction() as session:
        row = (await session.execute(select(outbox_table))).one()
        broken = row.body_ct[:-1] + bytes([row.body_ct[-1] ^ 1])
        await session.execute(update(outbox_table).values(body_ct=broken))

    assert await delivery_claimed(house) is None

    async with house.reading() as session:
        (entry,) = await audit.entries(session, object_id=row.id)
    assert (entry.action, entry.purpose) == ("integrity_failure", "outbox")


async def test_no_wrapped_key_is_overwritten_when_it_cannot_be_opened(house: Database) -> None:
    talk = await talk_of(house)
    wrap = house.keys.current.newest(Purpose.WRAP).number
    KeyringFile(house.keys.path, house.keys.root).change(  # type: ignore[attr-defined]
        lambda found: found.with_new([Purpose.WRAP], now=NOON).without({wrap})
    )
    before = await house.vault._keystore.of(talk.id)

    done = await rotation.rotate(house, now=TOMORROW, notice=timedelta(0))

    assert done is not None
    assert done.refused == 1
    assert await house.vault._keystore.of(talk.id) == before


@pytest.mark.parametrize("length", [0, 1, 200, -2])
async def test_a_truncated_keyring_is_refused_at_the_start(path: Path, length: int) -> None:
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:length])
    path.chmod(0o400)

    with pytest.raises(KeyringUnusable, match="keyring_malformed"):
        KeyringFile(path)

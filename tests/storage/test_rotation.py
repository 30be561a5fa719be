"""Keys change each day, everything living moves, and what is over is destroyed."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from storage import contacts, conversations, rotation, transcript
from storage.database import Database, open_database
from storage.errors import KeyMissing
from storage.keyring import Purpose, create_keyring
from storage.keyring_file import KeyringFile
from storage.records import Conversation, Language
from storage.rotation import ROLLING, WINDOW, Rotated
from storage.tables import contacts as people
from storage.tables import data_keys
from tests.database import ON_SQLITE
from tests.factories import NOON, accepted, received, said, talk_of, turn_taken

DAY = timedelta(days=1)
TOMORROW = NOON + DAY


@pytest.fixture
def keyring_path(tmp_path: Path) -> Path:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    return tmp_path / "keyring.json"


@pytest.fixture
async def house(database_url: str, keyring_path: Path) -> AsyncGenerator[Database]:
    """A database whose keyring is a file that changes."""
    opened = open_database(database_url, keyring=KeyringFile(keyring_path))
    await opened.prove_keyring()
    yield opened
    await opened.close()


@pytest.fixture
async def other(database_url: str, keyring_path: Path) -> AsyncGenerator[Database]:
    """Another process on the same database and keyring."""
    opened = open_database(database_url, keyring=KeyringFile(keyring_path))
    yield opened
    await opened.close()


async def rotated(house: Database, *, now: datetime, window: timedelta = WINDOW) -> Rotated:
    done = await rotation.rotate(house, now=now, window=window, notice=timedelta(0))
    assert done is not None
    return done


async def words(house: Database, talk: UUID) -> list[str]:
    async with house.reading() as session:
        return [line.text for line in await transcript.read(session, house.vault, talk)]


async def test_a_new_day_brings_one_new_key_of_each_rolling_purpose(house: Database) -> None:
    before = set(house.keys.current.keys)

    done = await rotated(house, now=TOMORROW)

    new = [key for key in house.keys.current.keys if key not in before]
    assert {key.purpose for key in new} == set(ROLLING)
    assert [key.number for key in new] == list(done.made)
    assert before < set(house.keys.current.keys)


async def test_on_the_same_day_nothing_changes(house: Database, keyring_path: Path) -> None:
    before = keyring_path.read_bytes()

    assert await rotated(house, now=NOON + timedelta(hours=2)) == Rotated()
    assert keyring_path.read_bytes() == before


@pytest.mark.parametrize(("hours", "new"), [(2.99, False), (3, True)])
async def test_the_day_is_koreas(house: Database, hours: float, new: bool) -> None:
    """NOON is 21:00 in Korea."""
    assert bool((await rotated(house, now=NOON + timedelta(hours=hours))).made) is new


async def test_what_lives_is_wrapped_by_the_new_key_and_still_opens(
    house: Database, other: Database
) -> None:
    talk = await talk_of(house)
    await said(house, talk.id, "안녕")

    done = await rotated(house, now=TOMORROW)

    assert done.rewrapped == 2
    newest = {house.keys.current.newest(one).number for one in rotation.WRAPPING}
    assert set(await house.vault.wrapped_counts()) == newest
    assert await words(house, talk.id) == ["안녕"]
    assert await words(other, talk.id) == ["안녕"]  # which reads the new keyring by itself


async def test_a_key_is_destroyed_when_its_window_is_over(
    house: Database, keyring_path: Path
) -> None:
    await _person(house, "same")
    first = {one: house.keys.current.newest(one).number for one in ROLLING}
    for days in range(1, 7):
        assert (await rotated(house, now=NOON + days * DAY)).destroyed == ()

    done = await rotated(house, now=NOON + 7 * DAY)

    assert set(done.destroyed) == set(first.values())
    left = {key.number for key in KeyringFile(keyring_path).current.keys}
    assert not left & set(first.values())
    assert {key.purpose for key in house.keys.current.keys} == set(Purpose)


async def test_a_wrap_key_over_a_living_key_that_does_not_open_is_never_destroyed(
    house: Database,
) -> None:
    talk = await talk_of(house)
    await _altered(house, talk.id)
    wrap = house.keys.current.newest(Purpose.WRAP).number

    done = await rotated(house, now=NOON + 8 * DAY)

    assert done.refused == 1
    assert wrap in done.kept
    assert wrap in {key.number for key in house.keys.current.keys}


async def test_an_intake_key_is_kept_while_a_delivery_lies_under_it(house: Database) -> None:
    await accepted(house, received(text="아직"))
    intake = house.keys.current.newest(Purpose.INTAKE).number

    done = await rotated(house, now=NOON + 8 * DAY)

    assert intake in done.kept
    turn = await turn_taken(house, now=NOON + 8 * DAY)
    assert turn is not None
    assert [event.body for event in turn.events] == ["아직"]


async def test_a_clock_that_was_set_back_makes_and_destroys_nothing(house: Database) -> None:
    await talk_of(house)
    for days in range(1, 9):
        await rotated(house, now=NOON + days * DAY)
    before = house.keys.current.keys

    done = await rotated(house, now=NOON - 20 * DAY)

    assert (done.made, done.destroyed) == ((), ())
    assert house.keys.current.keys == before


async def test_a_purge_leaves_only_the_newest_keys_and_loses_nothing(house: Database) -> None:
    talk = await _talk(house, "same")
    await said(house, talk.id, "안녕")
    await rotated(house, now=TOMORROW)

    done = await rotation.purge(house, now=TOMORROW, notice=timedelta(0))

    assert done is not None
    assert len(done.made) == len(ROLLING)
    assert done.kept == ()
    for purpose in ROLLING:
        assert [key.number in done.made for key in house.keys.current.of(purpose)] == [True]
    assert await words(house, talk.id) == ["안녕"]


async def test_what_was_erased_before_a_purge_is_dead_in_every_copy(
    house: Database, database_url: str
) -> None:
    talk = await talk_of(house)
    (copy,) = await house.vault._keystore.of(talk.id)
    await house.vault.destroy_data_key(talk.id)

    await rotation.purge(house, now=NOON, notice=timedelta(0))

    assert house.vault._rewrapped(copy) is None
    with pytest.raises(KeyMissing):
        house.keys.current.key(copy.wrap_key)


async def test_a_process_with_an_old_keyring_locks_nothing_away(
    house: Database, other: Database
) -> None:
    await rotation.purge(house, now=NOON, notice=timedelta(0))
    owner = uuid4()

    made = await other.vault.make_data_key(owner, Purpose.WRAP, now=NOON)

    assert await house.vault.data_key(owner) == made


async def test_only_one_process_rotates_at_a_time(house: Database, other: Database) -> None:
    assert await other.vault.lease_rotation(uuid4(), now=TOMORROW, lease=rotation.LEASE)

    assert await rotation.rotate(house, now=TOMORROW, notice=timedelta(0)) is None

    after = TOMORROW + rotation.LEASE
    assert (await rotated(house, now=after)).made  # the other one died


async def test_a_person_is_known_again_after_the_index_key_is_gone(house: Database) -> None:
    person = await _person(house, "same")
    other = await _person(house, "other")
    for days in range(1, 9):
        await rotated(house, now=NOON + days * DAY)

    assert await _person(house, "same") == person
    assert await _person(house, "other") == other != person


async def test_a_person_is_found_by_an_older_name_and_gets_the_newest(
    house: Database,
) -> None:
    """Their address is not their account, so the nightly pass could not name them again."""
    talk = await talk_of(house, account="account-1")
    done = await rotated(house, now=TOMORROW)
    assert done.renamed == 0

    async with house.reading() as session:
        found = await conversations.of_person(
            session, house.vault, channel="fake", account="account-1"
        )
    again = await _person(house, "account-1")

    assert found is not None
    assert found[0].id == talk.id
    assert again == talk.contact_id
    async with house.reading() as session:
        row = await session.execute(select(people.c.index_key).where(people.c.id == again))
    assert row.scalar_one() == house.keys.current.newest(Purpose.INDEX).number


async def test_a_process_with_an_old_keyring_takes_nobody_for_new(
    house: Database, other: Database
) -> None:
    person = await _person(house, "same")
    assert (await rotated(house, now=TOMORROW)).renamed == 1

    assert await _person(other, "same") == person


async def test_who_waits_over_the_change_of_day_stays_in_order(house: Database) -> None:
    await accepted(house, received(text="하나"))
    await rotated(house, now=TOMORROW)
    later = TOMORROW + timedelta(minutes=1)
    await accepted(house, received(text="둘"), received(account="new", text="셋"), now=later)

    turns = [await turn_taken(house, now=later + DAY) for _ in range(3)]

    said_in = [[event.body for event in turn.events] for turn in turns if turn]
    assert sorted(said_in) == [["셋"], ["하나", "둘"]]


async def test_who_does_not_wait_gets_a_route_of_the_new_day(house: Database) -> None:
    first = house.vault.route("fake", "a", now=NOON)
    await rotated(house, now=TOMORROW)

    assert house.vault.route("fake", "a", now=TOMORROW) == first  # not every process knows it
    assert house.vault.route("fake", "a", now=TOMORROW + timedelta(seconds=10)) != first


async def test_a_number_is_never_given_twice_though_an_old_keyring_was_put_back(
    house: Database, keyring_path: Path
) -> None:
    old = keyring_path.read_bytes()
    made = (await rotated(house, now=TOMORROW)).made
    keyring_path.chmod(0o600)
    keyring_path.write_bytes(old)
    keyring_path.chmod(0o400)

    again = (await rotated(house, now=TOMORROW)).made

    assert min(again) > max(made)


@ON_SQLITE
async def test_what_a_destroyed_key_wrapped_is_gone_from_the_key_file(
    house: Database, tmp_path: Path
) -> None:
    talk = await talk_of(house)
    (before,) = await house.vault._keystore.of(talk.id)
    assert before.wrapped in _files(tmp_path, "gyeot.keys.db*")

    await rotation.purge(house, now=NOON, notice=timedelta(0))

    assert before.wrapped not in _files(tmp_path, "gyeot.keys.db*")


def _files(folder: Path, pattern: str) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(pattern))


async def _person(house: Database, account: str) -> UUID:
    async with house.transaction() as session:
        person = await contacts.find_or_make(
            session, house.vault, channel="fake", account=account, address=account, now=NOON
        )
    return person.id


async def _talk(house: Database, account: str) -> Conversation:
    """A talk of a person whose address is their account, as on every channel of ours."""
    async with house.transaction() as session:
        person = await contacts.find_or_make(
            session, house.vault, channel="fake", account=account, address=account, now=NOON
        )
        return await conversations.start(
            session, house.vault, person, language=Language.KO, now=NOON
        )


async def _altered(house: Database, owner: UUID) -> None:
    (key,) = await house.vault._keystore.of(owner)
    broken = key.wrapped[:-1] + bytes([key.wrapped[-1] ^ 1])
    async with house.vault._keystore._engine.begin() as connection:
        await connection.execute(
            update(data_keys).where(data_keys.c.owner == owner).values(wrapped=broken)
        )

import asyncio
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from storage.database import Database, open_database
from storage.engines import keys_engine
from storage.errors import KeyMissing, KeyringUnusable, KeysAway, KeyWornOut, SealBroken
from storage.keyring import Key, Keyring, Purpose, create_keyring
from storage.keystore import KeyStore
from storage.seal import MOST_USES, DataKey, Uses
from storage.tables import data_keys, key_proofs
from storage.vault import CACHE_ENTRIES, CACHE_SECONDS, RENEW_AFTER, Place, Vault, proof
from tests.database import connections_ended
from tests.factories import NOON, Timer

PLACE = Place("lines", "text_ct", None, uuid4())


def _vault(url: str, keyring: Keyring, timer: Timer | None = None) -> Vault:
    return Vault(keyring, KeyStore(keys_engine(url, None)), timer=timer or Timer())


async def test_another_process_opens_what_this_one_sealed(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    key = await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    blob = database.vault.seal(key, "안녕", PLACE)

    other = _vault(database_url, keyring)
    opened = other.open(await other.data_key(owner), blob, PLACE)
    await other.close()

    assert opened == "안녕"


async def test_a_key_that_is_asked_for_no_more_is_not_left_open(
    database_url: str, keyring: Keyring
) -> None:
    vault = _vault(database_url, keyring)
    asking = asyncio.create_task(vault.data_key(uuid4()))
    await asyncio.sleep(0)
    asking.cancel()

    await vault.close()
    done = asking.done()
    await connections_ended()

    assert done


async def test_each_owner_has_a_key_of_their_own(database: Database) -> None:
    keys = [await database.vault.make_data_key(uuid4(), Purpose.WRAP, now=NOON) for _ in range(20)]
    assert len({key.secret for key in keys}) == 20


async def test_the_key_is_committed_before_the_row_that_needs_it(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    other = _vault(database_url, keyring)
    async with database.transaction():
        made = await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
        seen = await other.data_key(owner)
    await other.close()

    assert seen == made


async def test_a_destroyed_key_is_missing_at_once(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)

    await database.vault.destroy_data_key(owner)

    other = _vault(database_url, keyring)
    for vault in (database.vault, other):
        with pytest.raises(KeyMissing):
            await vault.data_key(owner)
    await other.close()


async def test_a_key_that_was_never_made_is_missing(database: Database) -> None:
    with pytest.raises(KeyMissing):
        await database.vault.data_key(uuid4())


async def test_the_memory_of_keys_ends_after_five_minutes(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner, timer = uuid4(), Timer()
    vault = _vault(database_url, keyring, timer)
    await vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    await database.vault.destroy_data_key(owner)  # another process

    timer.seconds = CACHE_SECONDS - 1
    assert (await vault.data_key(owner)).number == 1
    timer.seconds = CACHE_SECONDS
    with pytest.raises(KeyMissing):
        await vault.data_key(owner)
    await vault.close()


class _Forgetful(KeyStore):
    """A key table that takes everything and finds nothing: what is found was remembered."""

    def __init__(self) -> None:
        pass

    async def add(self, key: object) -> bool:
        return True

    async def of(self, owner: object) -> tuple[()]:
        return ()


async def test_only_the_last_thousand_keys_are_remembered(keyring: Keyring) -> None:
    vault = Vault(keyring, _Forgetful(), timer=Timer())
    owners = [uuid4() for _ in range(CACHE_ENTRIES + 1)]
    for owner in owners:
        await vault.make_data_key(owner, Purpose.WRAP, now=NOON)

    assert (await vault.data_key(owners[1])).number == 1
    with pytest.raises(KeyMissing):
        await vault.data_key(owners[0])


@pytest.mark.parametrize("column", ["owner", "purpose", "wrap_key", "generation", "wrapped"])
async def test_a_stored_key_that_was_moved_or_altered_does_not_open(
    database: Database, database_url: str, keyring: Keyring, column: str
) -> None:
    owner = uuid4()
    await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    moved = uuid4() if column == "owner" else owner
    number = keyring.newest(Purpose.WRAP_CONTACT).number
    changes: dict[str, dict[str, object]] = {
        "owner": {"owner": moved},
        "purpose": {"purpose": "wrap_contact", "wrap_key": number},
        "wrap_key": {"wrap_key": number},
        "generation": {"generation": 2},
        "wrapped": {"wrapped": os.urandom(66)},
    }
    engine = keys_engine(database_url, None)
    async with engine.begin() as connection:
        await connection.execute(
            update(data_keys).where(data_keys.c.owner == owner).values(**changes[column])
        )
    await engine.dispose()

    other = _vault(database_url, keyring)
    with pytest.raises((SealBroken, KeyMissing)):
        await other.data_key(moved)
    await other.close()


async def test_without_the_contact_wrap_key_no_address_key_opens_and_talks_do(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    person, talk = uuid4(), uuid4()
    await database.vault.make_data_key(person, Purpose.WRAP_CONTACT, now=NOON)
    await database.vault.make_data_key(talk, Purpose.WRAP, now=NOON)
    console = Keyring(
        keyring.id, [key for key in keyring.keys if key.purpose is not Purpose.WRAP_CONTACT]
    )

    vault = _vault(database_url, console)
    assert (await vault.data_key(talk)).number == 1
    with pytest.raises(KeyMissing):
        await vault.data_key(person)
    await vault.close()


async def test_a_key_wrapped_by_an_older_wrap_key_still_opens(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    made = await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    newer = Key(99, Purpose.WRAP, os.urandom(32), NOON)

    vault = _vault(database_url, Keyring(keyring.id, (*keyring.keys, newer)))
    assert await vault.data_key(owner) == made
    await vault.close()


async def test_a_key_is_renewed_after_thirty_days_and_the_older_one_still_opens(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner, vault = uuid4(), database.vault
    first = await vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    old = vault.seal(first, "어제", PLACE)
    almost = NOON + RENEW_AFTER - timedelta(seconds=1)
    assert await vault.sealing_key(owner, now=almost) == first

    renewed = await vault.sealing_key(owner, now=NOON + RENEW_AFTER)

    assert (renewed.number, renewed.secret == first.secret) == (2, False)
    new = vault.seal(renewed, "오늘", PLACE)
    other = _vault(database_url, keyring)
    for one in (vault, other):
        key = await one.data_key(owner)
        assert [one.open(key, blob, PLACE) for blob in (old, new)] == ["어제", "오늘"]
    await other.close()


@pytest.mark.parametrize(("messages", "number"), [(2**20 - 1, 1), (2**20, 2), (2**30, 2)])
async def test_a_key_is_renewed_after_a_million_messages(
    database: Database, messages: int, number: int
) -> None:
    owner = uuid4()
    await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)

    key = await database.vault.sealing_key(owner, messages=messages, now=NOON)

    assert key.number == number


async def test_two_processes_that_renew_at_once_seal_with_the_same_key(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    other = _vault(database_url, keyring)
    await other.data_key(owner)

    both = [await one.sealing_key(owner, now=NOON + RENEW_AFTER) for one in (database.vault, other)]
    await other.close()

    assert both[0] == both[1]


async def test_who_does_not_know_the_renewed_key_yet_opens_at_the_next_try(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    owner = uuid4()
    await database.vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    other = _vault(database_url, keyring)
    remembered = await other.data_key(owner)
    renewed = await database.vault.sealing_key(owner, now=NOON + RENEW_AFTER)
    blob = database.vault.seal(renewed, "오늘", PLACE)

    with pytest.raises(KeysAway):
        other.open(remembered, blob, PLACE)
    assert other.open(await other.data_key(owner), blob, PLACE) == "오늘"
    await other.close()


async def test_a_value_that_names_a_key_nobody_made_is_broken_not_late(
    database: Database,
) -> None:
    owner, vault = uuid4(), database.vault
    key = await vault.make_data_key(owner, Purpose.WRAP, now=NOON)
    blob = bytearray(vault.seal(key, "안녕", PLACE))
    blob[5] += 1  # the key version

    with pytest.raises(KeysAway):
        vault.open(key, bytes(blob), PLACE)
    with pytest.raises(SealBroken):
        vault.open(await vault.data_key(owner), bytes(blob), PLACE)


def test_no_key_seals_more_than_one_key_may(pure: Vault) -> None:
    key = DataKey(1, b"k" * 32, uses=Uses(MOST_USES - 1))
    pure.seal(key, "하나", PLACE)

    with pytest.raises(KeyWornOut):
        pure.seal(key, "둘", PLACE)


def test_the_uses_of_a_keyring_key_are_counted_over_all_its_calls(pure: Vault) -> None:
    before = pure.intake_key().uses.count
    for _ in range(3):
        pure.seal(pure.intake_key(), "하나", PLACE)
    assert pure.intake_key().uses.count == before + 3


@pytest.fixture(scope="module")
def pure(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    folder = tmp_path_factory.mktemp("vault")
    return Vault(create_keyring(folder / "keyring.json", now=NOON), _Forgetful())


names = st.text(st.characters(exclude_categories=()), max_size=8)


@given(one=st.tuples(names, names), other=st.tuples(names, names))
def test_two_people_never_share_a_name(
    pure: Vault, one: tuple[str, str], other: tuple[str, str]
) -> None:
    for name in (pure.pseudonym, partial(pure.route, now=NOON), pure.event_hash):
        assert (name(*one) == name(*other)) == (one == other)


def test_the_border_between_channel_and_account_counts(pure: Vault) -> None:
    assert pure.pseudonym("line", "x1") != pure.pseudonym("linex", "1")


def test_the_names_of_one_account_cannot_be_matched_with_each_other(pure: Vault) -> None:
    _, pseudonym = pure.pseudonym("fake", "a")
    _, route = pure.route("fake", "a", now=NOON)
    names = {pseudonym, route, pure.event_hash("fake", "a")}
    assert {len(name) for name in names} == {32}
    assert len(names) == 3


def test_a_pseudonym_says_which_key_made_it(keyring: Keyring) -> None:
    version, name = Vault(keyring, _Forgetful()).pseudonym("fake", "a")
    newer = Key(99, Purpose.INDEX, os.urandom(32), NOON)
    rotated = Vault(Keyring(keyring.id, (*keyring.keys, newer)), _Forgetful())

    assert version == keyring.newest(Purpose.INDEX).number
    assert rotated.pseudonym("fake", "a")[0] == 99
    assert rotated.pseudonym("fake", "a")[1] != name


async def test_the_own_keyring_is_accepted_again_and_with_a_new_key(
    database: Database, database_url: str, keyring: Keyring
) -> None:
    await database.prove_keyring()
    await database.prove_keyring()
    newer = Key(99, Purpose.WRAP, os.urandom(32), NOON)
    rotated = open_database(database_url, keyring=Keyring(keyring.id, (*keyring.keys, newer)))
    await rotated.prove_keyring()
    await rotated.close()


async def test_the_keyring_of_another_installation_is_refused(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await database.prove_keyring()
    foreign = create_keyring(tmp_path / "foreign.json", now=NOON)

    other = open_database(database_url, keyring=foreign)
    with pytest.raises(KeyringUnusable, match="another_installation"):
        await other.prove_keyring()
    await other.close()


@pytest.mark.parametrize("same", [True, False])
async def test_of_two_first_starts_at_one_time_only_a_foreign_keyring_is_refused(
    database: Database, database_url: str, keyring: Keyring, tmp_path: Path, same: bool
) -> None:
    first = keyring if same else create_keyring(tmp_path / "foreign.json", now=NOON)
    rows = [{"number": key.number, "proof": proof(key)} for key in first.keys]
    async with database.transaction() as session:
        await session.execute(insert(key_proofs), rows)
        starting = asyncio.create_task(database.prove_keyring())
        await asyncio.sleep(0.2)

    (refused,) = await asyncio.gather(starting, return_exceptions=True)

    assert isinstance(refused, KeyringUnusable) is not same
    assert refused is None or not same

"""What `python -m bot check` says of a database server."""

import asyncio

import psycopg
import pytest
from sqlalchemy import make_url

from storage.server import WANTED, judged, look, way
from tests.postgres import MISSING, programs, scratch_server

RIGHT = {name: value for name, (_, value) in WANTED.items()}


@pytest.mark.parametrize("name", WANTED)
def test_each_setting_that_lets_values_into_the_log_is_named_with_what_to_do(name: str) -> None:
    (wrong,) = [one for one in judged({**RIGHT, name: "all"}) if not one.well]

    assert wrong.name == name
    assert f"ALTER SYSTEM SET {name} = '{RIGHT[name]}'" in wrong.advice


def test_a_server_that_is_set_right_needs_nothing() -> None:
    assert all(one.well and not one.advice for one in judged(RIGHT))
    assert judged({"work_mem": "4096"}) == ()  # an older server lacks some


@pytest.mark.parametrize(
    ("address", "encrypted", "well"),
    [
        ("127.0.0.1", False, True),
        ("[::1]", False, True),
        ("localhost", False, True),
        ("/?host=/run/postgresql", False, True),
        ("database", False, None),  # a container beside us, as in the compose file
        ("10.0.0.5", False, False),
        ("db.example", False, False),
        ("db.example/x?sslmode=require", True, False),
        ("db.example/x?sslmode=verify-full", True, True),
        ("db.example/x?sslmode=verify-full", False, False),
    ],
)
def test_a_connection_over_a_network_is_encrypted_and_checked(
    address: str, encrypted: bool, well: bool | None
) -> None:
    finding = way(make_url(f"postgresql+psycopg://gyeot@{address}"), encrypted=encrypted)

    assert finding.well is well
    assert ("sslmode=verify-full" in finding.advice) is not (well is True)


async def test_an_embedded_database_has_nothing_to_ask() -> None:
    assert await look("sqlite+aiosqlite:///nowhere.db") == ()


@pytest.mark.postgres
async def test_a_real_server_is_wrong_as_it_comes_and_right_as_advised() -> None:
    if programs() is None:
        pytest.skip(MISSING)
    with scratch_server("look", "--no-sync", fsync="off") as server:
        url = server.address().replace("postgresql", "postgresql+psycopg", 1)
        before = await look(url)
        await asyncio.to_thread(_obey, server.address(), [one.advice for one in before])
        after = await look(url)

    assert {one.name for one in before if not one.well} >= {"log_min_error_statement"}
    assert all(one.well for one in after)


def _obey(address: str, advice: list[str]) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for sentence in advice:
            for statement in filter(str.strip, sentence.split(";")):
                connection.execute(statement.encode())

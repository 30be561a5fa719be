"""Every role at the console's real socket, served by the whole product (P8)."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.app import make_app
from bot.config import Settings
from bot.roles import ProcessRole
from handoff.cookies import COOKIE_LOOPBACK
from handoff.live import SIGNED_OUT
from handoff.permissions import ROUTES, WISHES, may_ask
from storage.records import Role
from tests.factories import open_database_at
from tests.handoff.conftest import served
from tests.handoff.test_matrix import of_staff, tokens_of

PATIENCE = 30
SOCKETS = {"WS /console/ws"}


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncGenerator[tuple[int, dict[Role | None, str]]]:
    """The product's port, and a sign-in of each role; None has one that nobody was given."""
    database = await open_database_at(tmp_path)
    app = make_app(Settings(home=tmp_path), list(ProcessRole), alone=True)
    known = {f"{method} {path}" for method, path, _ in of_staff(app) if method == "WS"}
    assert known == {one for one in ROUTES if one in SOCKETS}, "a socket without a test"
    known_tokens = await tokens_of(database)
    tokens: dict[Role | None, str] = {None: "x" * 43, **dict(known_tokens.items())}
    async with served(app) as port:
        yield port, tokens
    await database.close()


def opened(port: int, token: str) -> connect:
    """A console's socket, as a page of ours opens it."""
    return connect(
        f"ws://127.0.0.1:{port}/console/ws",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]  # a NewType of str
        additional_headers={"Cookie": f"{COOKIE_LOOPBACK}={token}"},
    )


async def until(socket: ClientConnection, kind: str) -> dict[str, object]:
    """Read on until a frame of this kind."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame: dict[str, object] = json.loads(await socket.recv())
            if frame["type"] == kind:
                return frame


@pytest.mark.parametrize("role", [None, *Role])
async def test_a_real_socket_opens_for_the_roles_of_the_table_only(
    doors: tuple[int, dict[Role | None, str]], role: Role | None
) -> None:
    port, tokens = doors
    async with opened(port, tokens[role]) as socket:
        if may_ask(role, "WS", "/console/ws"):
            assert (await until(socket, "hello"))["role"] == role
            await until(socket, "talks")
            return
        told = []
        for name in WISHES:  # whatever it wishes for meanwhile
            try:
                await socket.send(json.dumps({"v": 1, "type": name}))
            except ConnectionClosed:
                break
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    told.append(await socket.recv())
        except ConnectionClosed:
            pass
    assert (socket.close_code, told) == (SIGNED_OUT, [])

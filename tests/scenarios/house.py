"""The real house in processes of its own, and the people who use it."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp
from websockets.asyncio.client import ClientConnection, connect

from tests.ending import ended
from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.loopback import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
BOT = [sys.executable, "-m", "bot"]
PATIENCE = 60.0  # seconds for anything the house does by itself; tests run side by side

Frame = dict[str, Any]


@dataclass(frozen=True)
class House:
    """A running product; `folder` holds all it wrote."""

    url: str
    folder: Path
    invitation: str
    pid: int
    environment: dict[str, str] = field(repr=False)

    @property
    def log(self) -> Path:
        """Everything the product printed."""
        return self.folder / "product.log"


@asynccontextmanager
async def running_house(
    folder: Path, environment: dict[str, str], *, patience: float = PATIENCE
) -> AsyncGenerator[House]:
    """Set up an empty installation in `folder` and serve it on a free loopback port."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    own |= {"GYEOT_HOME": str(folder), "GYEOT_PORT": str(port), "GYEOT_LOG_LEVEL": "DEBUG"}
    own |= environment
    invitation = _invitation("setup", environment=own)
    with (folder / "product.log").open("wb") as log:
        process = subprocess.Popen([*BOT, "serve"], cwd=ROOT, env=own, stdout=log, stderr=log)
    house = House(f"http://127.0.0.1:{port}", folder, invitation, process.pid, own)
    try:
        await ready(house.url, patience)
        yield house
    finally:
        process.terminate()
        ended(process, patience)


@dataclass
class Console:
    """A counselor's page: what it was told, by kind of frame."""

    socket: ClientConnection
    frames: list[Frame] = field(default_factory=list)

    async def until(self, kind: str, wanted: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """Read on until a frame of this kind satisfies `wanted`, those already read included."""
        for known in self.frames:
            if known["type"] == kind and wanted(known):
                return known
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if frame["type"] == kind and wanted(frame):
                    return frame

    async def next(self, *kinds: str) -> Frame:
        """Read on until a new frame of one of these kinds that tells of a change or a refusal."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame: Frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if frame["type"] in kinds and frame.get("changed", True):
                    return frame

    async def send(self, kind: str, **fields: object) -> None:
        """Do something, as the page does."""
        await self.socket.send(json.dumps({"v": 1, "type": kind, **fields}))

    async def say(self, talk: Frame, text: str) -> None:
        """Answer the young person."""
        await self.send(
            "say",
            conversation=talk["conversation"],
            epoch=talk["epoch"],
            key=str(uuid4()),
            text=text,
        )


async def join(house: House, name: str) -> str:
    """Use the invitation up; return the cookie that keeps the counselor signed in."""
    origin = {"Origin": house.url}
    async with httpx.AsyncClient(base_url=house.url, headers=origin) as browser:
        asked = await browser.post("/console/join/start", json={"token": house.invitation})
        secret = asked.raise_for_status().json()["secret"]
        fields = {
            "token": house.invitation,
            "name": name,
            "password": "열두 글자보다 긴 암호",
            "code": pyotp.TOTP(secret).now(),
        }
        joined = await browser.post("/console/join", json=fields)
        joined.raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in joined.cookies.items())


@asynccontextmanager
async def console(house: House, cookie: str) -> AsyncGenerator[Console]:
    """Open the counselor's page."""
    headers = {"Cookie": cookie, "Origin": house.url}
    address = house.url.replace("http", "ws") + "/console/ws"
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        yield Console(socket)


async def line_says(house: House, *events: object) -> None:
    """Make LINE deliver these events in one batch."""
    await deliver(f"{house.url}/channels/line", *line_fake.webhook(*events))


async def telegram_says(house: House, update: object) -> None:
    """Make Telegram deliver this update."""
    await deliver(f"{house.url}/channels/telegram", *telegram_fake.webhook(update))


async def invite(house: House, role: str) -> str:
    """Invite one more member of staff; return the one-time token."""
    return await asyncio.to_thread(
        _invitation, "staff", "invite", "--role", role, environment=house.environment
    )


async def until(what: Callable[[], bool]) -> None:
    """Wait until something has happened at a fake provider."""
    async with asyncio.timeout(PATIENCE):
        while not what():
            await asyncio.sleep(0.05)


def _invitation(*command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [*BOT, *command], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    token = re.search(r"/console/join#(\S+)", done.stdout)
    assert token is not None
    return token[1]


async def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Make a provider call one of our addresses, and see that it is believed."""
    async with httpx.AsyncClient() as provider:
        answer = await provider.post(url, content=body, headers=headers)
    assert answer.status_code == httpx.codes.OK


async def ready(url: str, patience: float = PATIENCE) -> None:
    """Wait until a house says that it is ready.

    Raises:
        TimeoutError: it does not, in `patience` seconds.
    """
    async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(patience):
        while True:
            try:
                if (await client.get("/health/ready")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)  # short: a bench measures the start by it

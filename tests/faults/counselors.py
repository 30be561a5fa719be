"""Two counselors at their consoles while the house is being killed around them."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pyotp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

Frame = dict[str, Any]
PAUSE = 0.5  # seconds between two things a counselor does


@dataclass
class Counselor:
    """Claims what waits, says something, gives it back or closes it; comes back after a cut."""

    url: Callable[[], str]
    cookie: str
    rng: random.Random
    claims: int = 0
    _talks: dict[str, Frame] = field(default_factory=dict)
    _cards: dict[str, Frame] = field(default_factory=dict)

    async def work(self) -> None:
        """Work until cancelled."""
        while True:
            with suppress(OSError, TimeoutError, WebSocketException):
                await self._sit_down()
            await asyncio.sleep(PAUSE)

    async def _sit_down(self) -> None:
        headers = {"Cookie": self.cookie, "Origin": self.url()}
        address = self.url().replace("http", "ws") + "/console/ws"
        async with connect(
            address, additional_headers=headers, proxy=None, open_timeout=5, close_timeout=1
        ) as socket:
            self._talks.clear()
            self._cards.clear()
            while True:
                await self._read(socket)
                await self._act(socket)

    async def _read(self, socket: ClientConnection) -> None:
        """Take in what is told until nothing new came for a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                while True:
                    self._learn(json.loads(await socket.recv()))

    def _learn(self, frame: Frame) -> None:
        match frame:
            case {"type": "queue", "changed": changed, "gone": gone}:
                self._cards |= {card["conversation"]: card for card in changed}
                for talk in gone:
                    self._cards.pop(talk, None)
            case {"type": "talks", "changed": changed, "gone": gone}:
                self._talks |= {talk["conversation"]: talk for talk in changed}
                for talk in gone:
                    self._talks.pop(talk, None)
            case {"type": "claimed"}:
                self.claims += 1

    async def _act(self, socket: ClientConnection) -> None:
        await _send(socket, "heartbeat", active=True)
        if len(self._talks) < 3 and self._cards:
            card = self.rng.choice(list(self._cards.values()))
            await _send(socket, "claim", conversation=card["conversation"], version=card["version"])
        if self._talks:
            talk = self.rng.choice(list(self._talks.values()))
            await self._do(socket, {"conversation": talk["conversation"], "epoch": talk["epoch"]})

    async def _do(self, socket: ClientConnection, talk: Frame) -> None:
        match self.rng.choice(("say", "say", "release", "close")):
            case "say":
                key = str(uuid4())
                await _send(socket, "say", **talk, key=key, text=f"저 여기 있어요 {key}")
            case "release":
                await _send(socket, "release", **talk)
            case _:
                await _send(socket, "close", **talk, seen=1_000_000)


async def join(url: str, invitation: str, name: str) -> str:
    """Use an invitation up; return the cookie of a signed-in counselor."""
    async with httpx.AsyncClient(base_url=url, headers={"Origin": url}) as browser:
        asked = await browser.post("/console/join/start", json={"token": invitation})
        secret = asked.raise_for_status().json()["secret"]
        fields = {
            "token": invitation,
            "name": name,
            "password": "열두 글자보다 긴 암호",
            "code": pyotp.TOTP(secret).now(),
        }
        (await browser.post("/console/join", json=fields)).raise_for_status()
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def _send(socket: ClientConnection, kind: str, **fields: object) -> None:
    await socket.send(json.dumps({"v": 1, "type": kind, **fields}))

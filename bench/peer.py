"""Other people's bots under the same load, each in an environment of its own."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.line_calls import json_post, post
from bench.running import ROOT, Server, serving
from bench.stand_ins import Arrivals, ConnectorProvider, JsonProvider, TelegramProvider
from bench.talks import Say
from bench.wire import Answer, listening
from tests.loopback import free_port

PEERS = ROOT / "bench/peers"
SECRET = "bench-secret"  # what the echo bots know; nothing real
TEXT = "요즘 잠이 잘 안 와서 조금 힘들어요"


@dataclass(frozen=True, slots=True)
class Peer:
    """One bot: its folder under bench/peers, its provider and its webhook's shape."""

    title: str
    name: str
    provider: Callable[[Arrivals], Answer]
    say: Callable[[int], Say]  # from the provider's port

    @property
    def python(self) -> Path:
        """Return its environment's interpreter; it may not be there."""
        return PEERS / self.name / ".venv/bin/python"


@asynccontextmanager
async def running(
    peer: Peer, arrivals: Arrivals, folder: Path
) -> AsyncGenerator[tuple[Server, Say]]:
    """Run a peer's echo bot and its provider until the block ends."""
    port = free_port()
    async with listening(peer.provider(arrivals)) as provider:
        command: list[str | Path] = [
            peer.python,
            PEERS / peer.name / "echo.py",
            str(port),
            str(provider),
        ]
        log = folder / f"{peer.name}.log"
        async with serving(command, port, log, folder=folder) as server:
            yield server, peer.say(provider)


def _signed(_: int) -> Say:
    def say(person: str) -> tuple[bytes, Sequence[str]]:
        body = json.dumps({"user": person, "text": TEXT}).encode()
        proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return post("/hook", body, {"x-signature": proof}), [person]

    return say


def _telegram(_: int) -> Say:
    numbers = iter(range(1, 100_000_000))

    def say(person: str) -> tuple[bytes, Sequence[str]]:
        chat = str(int(person[1:], 16) + 1)
        someone = {"id": int(chat), "is_bot": False, "first_name": "-"}
        message = {
            "message_id": next(numbers), "date": 1_764_000_000, "text": TEXT, "from": someone,
            "chat": {"id": int(chat), "type": "private"},
        }  # fmt: skip
        update = {"update_id": next(numbers), "message": message}
        return json_post("/hook", update, {"x-telegram-bot-api-secret-token": SECRET}), [chat]

    return say


def _activity(provider: int) -> Say:
    numbers = iter(range(1, 100_000_000))

    def say(person: str) -> tuple[bytes, Sequence[str]]:
        activity = {
            "type": "message", "id": str(next(numbers)), "channelId": "emulator", "text": TEXT,
            "serviceUrl": f"http://127.0.0.1:{provider}", "from": {"id": person},
            "recipient": {"id": "bot"}, "conversation": {"id": person},
        }  # fmt: skip
        return json_post("/hook", activity), [person]

    return say


PEERS_TO_RUN = (
    Peer("opsdroid", "opsdroid", JsonProvider, _signed),
    Peer("python-telegram-bot's webhook application", "telegram", TelegramProvider, _telegram),
    Peer("botbuilder-core, BotFrameworkAdapter", "botbuilder", ConnectorProvider, _activity),
)

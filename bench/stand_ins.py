"""What stands around the product in a bench: LINE, Telegram and the language service."""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from bench.wire import listening, response
from bot.nlu_client import KNOWN


def _understood(intent: str) -> bytes:
    guess = {"name": intent, "confidence": 0.97}
    return response(
        json.dumps({"intent": guess, "intent_ranking": [guess], "entities": []}).encode()
    )


PARSED = _understood("loneliness")
RIGHT = _understood(KNOWN[1])  # what the product asks to know that the model is one of ours
STATUS = response(b'{"model_file": "stub", "num_active_training_jobs": 0}')
TAKEN = response(b'{"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}]}')


@dataclass
class Arrivals:
    """When replies reached a provider, by what names the person or the message."""

    waited: dict[str, "asyncio.Future[float]"] = field(default_factory=dict)
    count: int = 0
    unexpected: int = 0

    def expect(self, *names: str) -> "asyncio.Future[float]":
        """Return what will hold the moment (perf_counter) of a reply under one of `names`."""
        moment = asyncio.get_running_loop().create_future()
        for name in names:
            self.waited[name] = moment
        return moment

    def note(self, *names: str) -> None:
        """Note that a reply arrived."""
        self.count += 1
        for name in names:
            moment = self.waited.pop(name, None)
            if moment is not None and not moment.done():
                moment.set_result(time.perf_counter())
                return
        self.unexpected += 1


@dataclass
class LineProvider:
    """LINE's Messaging API: takes every push and every reply."""

    arrivals: Arrivals

    def __call__(self, path: str, body: bytes) -> bytes:
        """Answer one call."""
        asked = json.loads(body or b"{}")
        names = [asked[key] for key in ("replyToken", "to") if key in asked]
        self.arrivals.note(*names)
        return TAKEN


@dataclass
class JsonProvider:
    """A provider of ours for peers: `{"to": person}` in."""

    arrivals: Arrivals

    def __call__(self, path: str, body: bytes) -> bytes:
        """Answer one call."""
        self.arrivals.note(json.loads(body)["to"])
        return response(b"{}")


@dataclass
class TelegramProvider:
    """Telegram's Bot API as far as an echo bot needs it."""

    arrivals: Arrivals

    def __call__(self, path: str, body: bytes) -> bytes:
        """Answer one call."""
        match path.rpartition("/")[2]:
            case "sendMessage":
                chat = parse_qs(body.decode())["chat_id"][0]
                self.arrivals.note(chat)
                result: object = {
                    "message_id": self.arrivals.count, "date": 1, "text": ".",
                    "chat": {"id": int(chat), "type": "private"},
                }  # fmt: skip
            case "getMe":
                result = {"id": 123456, "is_bot": True, "first_name": "b", "username": "b"}
            case _:
                result = True
        return response(json.dumps({"ok": True, "result": result}).encode())


@dataclass
class ConnectorProvider:
    """The Bot Framework's connector: the person is in the path."""

    arrivals: Arrivals

    def __call__(self, path: str, body: bytes) -> bytes:
        """Answer one call."""
        self.arrivals.note(path.split("/conversations/")[1].partition("/")[0])
        return response(b'{"id": "1"}')


def parse(path: str, body: bytes) -> bytes:
    """Answer as the language service does; but for the known sentence, always the same."""
    if path.startswith("/status"):
        return STATUS
    return RIGHT if json.loads(body)["text"] == KNOWN[0] else PARSED


async def main(port: int) -> None:
    """Serve the stubbed language service until the process is ended."""
    async with listening(parse, port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

"""The fake providers on a bad day, with a record of what people saw, and a stub of the NLU."""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.line import FakeLine
from tests.fakes.switchboard import FakeProvider
from tests.fakes.telegram import FakeTelegram
from tests.faults.history import Arrival
from tests.scenarios.house import ROOT

LINE_TOO_MANY: dict[str, object] = {"message": "The API rate limit has been exceeded."}
TELEGRAM_TOO_MANY: dict[str, object] = {
    "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1",
    "parameters": {"retry_after": 1},
}  # fmt: skip
CURRENT = ROOT / "nlu/models/current.json"


@dataclass
class Troubles:
    """How often a provider misbehaves, each a share of all calls; nothing by default."""

    rng: random.Random = field(default_factory=lambda: random.Random(0))
    refusing: float = 0.0  # 500, nothing delivered
    pressed: float = 0.0  # 429, nothing delivered
    losing: float = 0.0  # 500 after the person got the message
    silent: float = 0.0  # answered after the client has given up; delivered all the same
    silence: float = 17.0  # seconds, longer than any client of ours waits
    met: int = 0

    def roll(self) -> str:
        """Return what befalls the next call, "" for nothing."""
        dice = self.rng.random()
        for name in ("refusing", "pressed", "losing", "silent"):
            share: float = getattr(self, name)
            if dice < share:
                self.met += 1
                return name
            dice -= share
        return ""


class RecordingLine(FakeLine):
    """LINE; `arrivals` is what people saw and when the request for it came."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles = Troubles()
        self.arrivals: list[Arrival] = []

    async def receive(self, request: Request) -> Response:
        return await _received(self, "line", request, too_many=LINE_TOO_MANY)


class RecordingTelegram(FakeTelegram):
    """Telegram; see `RecordingLine`."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles = Troubles()
        self.arrivals: list[Arrival] = []

    async def receive(self, request: Request) -> Response:
        return await _received(self, "telegram", request, too_many=TELEGRAM_TOO_MANY)


class Mood(StrEnum):
    """How the language service is."""

    WELL = "well"
    SLOW = "slow"  # 1.5 s, longer than is waited for
    FAILING = "failing"  # 500
    GARBLED = "garbled"  # 200, not JSON
    WRONG = "wrong"  # 200, JSON of another shape


class FakeNlu(FakeProvider):
    """Answers /status and /model/parse as Rasa does; `intent` is what it understands."""

    def __init__(self) -> None:
        super().__init__()
        self.mood = Mood.WELL
        self.intent = "greeting"

    async def answer(self, request: Request) -> Response:
        if self.mood is Mood.SLOW:
            await asyncio.sleep(1.5)
        if self.mood is Mood.FAILING:
            return Response(status_code=500)
        if self.mood is Mood.GARBLED:
            return Response(b'{"intent": {"name": ')
        if self.mood is Mood.WRONG:
            return JSONResponse({"intent": ["nobody", None], "model_file": 7})
        if request.url.path == "/status":
            return JSONResponse({"model_file": f"models/{_model()}", "model_id": "stub"})
        asked = await request.json()
        name = "self_harm" if "죽고 싶" in asked["text"] else self.intent
        return JSONResponse(
            {
                "text": asked["text"], "entities": [],
                "intent": {"name": name, "confidence": 0.96},
                "intent_ranking": [{"name": name, "confidence": 0.96}],
            }
        )  # fmt: skip


async def _received(
    provider: RecordingLine | RecordingTelegram,
    channel: str,
    request: Request,
    *,
    too_many: dict[str, object],
) -> Response:
    """Let befall a call what does; what people see of it is an arrival."""
    befalls = provider.troubles.roll()
    if befalls == "refusing":
        return Response(status_code=500)
    if befalls == "pressed":
        return JSONResponse(too_many, 429)
    came = time.time()
    provider.calls += 1
    await request.body()  # all of it, so that `answer` below waits for nothing
    before = len(provider.sent)
    answered = await provider.answer(request)
    # No other call came between: what is new is this call's.
    for sent in provider.sent[before:]:
        provider.arrivals.append(Arrival(channel, sent.recipient, sent.text, came, sent.key))
    if befalls == "silent":
        await asyncio.sleep(provider.troubles.silence)
    return Response(status_code=500) if befalls == "losing" else answered


def _model() -> str:
    path: Path = CURRENT
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["model"])
    except (OSError, ValueError, KeyError):
        return "stub.tar.gz"

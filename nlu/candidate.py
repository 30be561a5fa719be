"""A model that runs beside the one that serves, to be looked at before anybody talks to it."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PATIENCE = 180.0  # seconds to load a model on a busy machine
STOP_SECONDS = 20.0
STEP = 0.3
CAP = 1000  # characters of a text that are sent
ALARM = 0.5  # belief in danger that counts as one
AT_ONCE = 0.07  # belief in imminent danger that makes an alarm imminent: bot/dialogue/risk.py

# These two and `neutral` are copied from bot/nlu_client.py, which this folder cannot import. A
# model is looked at with what the product asks: no more of a text, and no slash that leads it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LEADING = re.compile(
    "^[\\s/\uff0f\u2044\u2215\u29f8\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)


class CandidateFailed(Exception):
    """The candidate does not serve; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Belief:
    """What a model takes a text for, and how much danger it believes in."""

    intent: str
    high: float
    imminent: float

    @property
    def is_alarm(self) -> bool:
        """Tell whether the model believes in danger."""
        return self.high >= ALARM

    @property
    def is_at_once(self) -> bool:
        """Tell whether the model believes in imminent danger enough for an alarm at once."""
        return self.imminent >= AT_ONCE


@dataclass
class Candidate:
    """A running model on a loopback port of its own."""

    model: Path
    port: int
    token: str = field(repr=False)
    _line: HTTPConnection | None = field(default=None, repr=False)

    def model_file(self) -> str:
        """Return the name of the model that is served, as the service itself says."""
        return Path(str(self._call("GET", "/status")["model_file"])).name

    def parse(self, text: str) -> Belief:
        """Return what the model believes of a text; no danger where it names none."""
        found = self._call("POST", "/model/parse", {"text": neutral(text)})
        danger = found.get("danger") or {}
        high, imminent = (float(danger.get(name, 0.0)) for name in ("high", "imminent"))
        return Belief(str(found["intent"]["name"]), high, imminent)

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        status, content = self._answer(method, path, json.dumps(body))
        if status != 200:
            raise CandidateFailed(f"{self.model.name} answered {status}")
        found: dict[str, Any] = json.loads(content)
        return found

    def _answer(self, method: str, path: str, body: str) -> tuple[int, bytes]:
        if self._line is None:
            self._line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            self._line.request(method, f"{path}?token={self.token}", body)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise CandidateFailed(f"{self.model.name} does not answer") from error


def neutral(text: str) -> str:
    """Return what the product would ask about a text; "" where it would not ask."""
    asked = _LEADING.sub("", _CONTROL.sub(" ", text[: 2 * CAP]))[:CAP].rstrip(" /")
    return asked if any(unicodedata.category(sign)[0] in "LN" for sign in asked) else ""


@contextmanager
def running(model: Path) -> Iterator[Candidate]:
    """Serve one exact model on a free port, and stop it in the end.

    Raises:
        CandidateFailed: it ended, did not answer in time, or serves something else.
    """
    candidate = Candidate(model, _free_port(), secrets.token_urlsafe(24))
    process = subprocess.Popen(  # noqa: S603 -- our own script
        [sys.executable, ROOT / "serve.py"],
        env={
            **os.environ,
            "GYEOT_NLU_MODEL": str(model),
            "GYEOT_NLU_HOST": "127.0.0.1",
            "GYEOT_NLU_PORT": str(candidate.port),
            "GYEOT_NLU_TOKEN": candidate.token,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(candidate, process)
        yield candidate
    finally:
        _stop(process)


def _wait(candidate: Candidate, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CandidateFailed(f"{candidate.model.name} ended by itself while it loaded")
        with suppress(CandidateFailed):
            served = candidate.model_file()
            if served != candidate.model.name:
                raise SystemExit(f"asked for {candidate.model.name}, but {served} is served")
            return
        candidate._line = None
        time.sleep(STEP)
    raise CandidateFailed(f"{candidate.model.name} did not answer within {PATIENCE:.0f} s")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port

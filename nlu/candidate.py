"""A model that runs beside the one that serves, to be looked at before anybody talks to it."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
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


class CandidateFailed(Exception):
    """The candidate does not serve; the message is one sentence for the operator."""


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

    def intent(self, text: str) -> str:
        """Return what the model takes a text for."""
        # A leading slash would force an intent; the product's client takes it away, too.
        found = self._call("POST", "/model/parse", {"text": text.strip(" /")})
        return str(found["intent"]["name"])

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        if self._line is None:
            self._line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        self._line.request(method, f"{path}?token={self.token}", json.dumps(body))
        answer = self._line.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise CandidateFailed(f"the candidate answered {answer.status}")
        found: dict[str, Any] = json.loads(content)
        return found


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
        with suppress(OSError, HTTPException, CandidateFailed):
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

"""The real language model as a process of its own, on a free loopback port."""

import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ending import ended
from tests.loopback import free_port

NLU = Path(__file__).resolve().parent.parent / "nlu"
PYTHON = NLU / ".venv/bin/python"
CURRENT = NLU / "models/current.json"

START_SECONDS = 180.0  # 12 s alone; the machines that run tests are busy
STOP_SECONDS = 20.0


class RasaUnavailable(Exception):
    """The language model cannot be started here."""


@dataclass(frozen=True, slots=True)
class RasaProcess:
    """A running language model, and where its output goes."""

    url: str
    token: str = field(repr=False)
    pid: int
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def stop(self) -> int:
        """End the process, wait for it, and return its exit code.

        Raises:
            subprocess.TimeoutExpired: it did not go within `STOP_SECONDS`; it was killed.
        """
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        return ended(self.process, STOP_SECONDS)


@pytest.fixture(scope="session")
def rasa_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaProcess]:
    need_service()
    rasa = start_rasa(tmp_path_factory.mktemp("rasa") / "rasa.log")
    yield rasa
    rasa.stop()


def need_service() -> None:
    """Skip the test where the real service cannot run; fail it where nothing may be skipped."""
    reason = missing()
    if reason and os.environ.get("GYEOT_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def printed(code: str, timeout: float) -> dict[str, Any]:
    """Return the JSON that a program prints in the language model's Python; nlu/ is its argument.

    Args:
        code: what is run.
        timeout: seconds it may take.
    """
    done = subprocess.run(
        [PYTHON, "-c", code, NLU],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ran(
    script: Path, *words: str, told: str = "", timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a script in the language model's Python, as its operator does.

    Args:
        script: the file.
        words: what stands behind it on the command line.
        told: its standard input.
        timeout: seconds it may take.
    """
    return subprocess.run(
        [PYTHON, script, *words],
        env=environment(),
        input=told,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def missing() -> str | None:
    """Return what is missing to run the real service, in one sentence, or None."""
    if not PYTHON.exists():
        return "nlu/.venv is missing: run make nlu"
    if not CURRENT.is_file():
        return "there is no trained language model: run make nlu"
    return None


def start_rasa(log_path: Path, **more: str) -> RasaProcess:
    """Start nlu/serve.py with the current model and wait until it answers.

    Args:
        log_path: where its standard output and error go.
        more: variables of its environment.

    Raises:
        RasaUnavailable: it ended before it answered, or did not answer within `START_SECONDS`.
    """
    port, token = free_port(), secrets.token_urlsafe(24)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, NLU / "serve.py"],
            env=environment(GYEOT_NLU_TOKEN=token, GYEOT_NLU_PORT=str(port), **more),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    rasa = RasaProcess(f"http://127.0.0.1:{port}", token, process.pid, log_path, process)
    try:
        _wait(rasa)
    except BaseException:
        rasa.stop()
        raise
    return rasa


def environment(**ours: str) -> Mapping[str, str]:
    """Return this process's environment with our GYEOT_NLU_* variables and no others of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_NLU_")}
    return {**kept, **ours}


def status(rasa: RasaProcess) -> dict[str, Any]:
    """Return what the service says about the model it serves.

    Raises:
        OSError: it does not answer, or not with 200.
    """
    with urllib.request.urlopen(f"{rasa.url}/status?token={rasa.token}", timeout=5) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


def _wait(rasa: RasaProcess) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if rasa.process.poll() is not None:
            raise RasaUnavailable(f"it ended with exit code {rasa.process.returncode}")
        try:
            if status(rasa)["model_file"]:
                return
        except OSError:
            time.sleep(0.3)
    raise RasaUnavailable(f"no answer within {START_SECONDS:.0f} s")

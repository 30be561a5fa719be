"""Runs the whole house on one machine: the language service and the product, until Ctrl-C."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
NLU = [str(ROOT / "nlu/.venv/bin/python"), "nlu/follow.py"]
PATIENCE = 180.0  # seconds for the language service to load its model on a slow disk
RESTART_PAUSE = 5.0  # seconds, so that a service that cannot start is not started in a circle
STEP = 0.3  # seconds between two looks at a service that is starting

# No proxy of the environment: it would be shown the token.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CannotRun(Exception):
    """Something is missing; the message is the one sentence the operator reads."""


def main() -> int:
    """Set up what is missing, start both services, wait for the end, stop both."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # started in the background, too
        signal.signal(number, _interrupt)
    running: list[subprocess.Popen[bytes]] = []
    try:
        _serve(running)
    except KeyboardInterrupt:
        print("\ngyeot: stopping")
        return 0
    except CannotRun as missing:
        print(f"gyeot: {missing}", file=sys.stderr)
        return 1
    finally:
        _stop(running)
    return 0


def _serve(running: list[subprocess.Popen[bytes]]) -> None:
    environment = joined(os.environ)
    nlu_port, port = int(environment["GYEOT_NLU_PORT"]), int(environment.get("GYEOT_PORT", "8000"))
    for name, number in (("GYEOT_NLU_PORT", nlu_port), ("GYEOT_PORT", port)):
        _need_port(name, number)
    _set_up(environment)
    print("gyeot: starting the language service (about 15 s)", flush=True)
    running.append(_start(NLU, environment))
    token = environment["GYEOT_NLU_TOKEN"]
    _wait(running, f"http://127.0.0.1:{nlu_port}/status?token={token}", "the language service")
    running.append(_start([sys.executable, "-m", "bot", "serve"], environment))
    _wait(running, f"http://127.0.0.1:{port}/health/ready", "the product")
    print(f"gyeot: ready\n  young people  http://127.0.0.1:{port}/")
    print(f"  counselors    http://127.0.0.1:{port}/console\n  Ctrl-C stops everything", flush=True)
    _watch(running, environment)


def joined(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return what both services are told, so that one finds the other and knows its model.

    Args:
        given: what the operator set, which stays.
    """
    port = given.get("GYEOT_NLU_PORT", "5005")
    ours = {
        "GYEOT_NLU_PORT": port,
        "GYEOT_NLU_URL": f"http://127.0.0.1:{port}",
        "GYEOT_NLU_TOKEN": secrets.token_urlsafe(24),
    }
    if not given.get("GYEOT_NLU_MODEL"):  # a model named by hand is not the current one
        ours["GYEOT_NLU_CURRENT"] = str(ROOT / "nlu/models/current.json")
    return {**ours, **given}


def _set_up(environment: Mapping[str, str]) -> None:
    """Make keys, database and the first invitation where they are missing."""
    command = [sys.executable, "-m", "bot", "setup"]
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment)
    if done.returncode:
        raise CannotRun("the setup above did not finish; mend what it names and run again.")


def _need_port(name: str, number: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", number))
        except OSError:
            raise CannotRun(
                f"port {number} is taken: stop what uses it, or choose another with {name}=…"
            ) from None


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches only us, and we stop each by its pid, in order.
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)


def _wait(running: list[subprocess.Popen[bytes]], url: str, what: str) -> None:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        _need_alive(running)
        with suppress(OSError), _DIRECT.open(url, timeout=2):
            return
        time.sleep(STEP)
    raise CannotRun(f"{what} did not get ready within {PATIENCE:.0f} s; its lines above say why.")


def _watch(running: list[subprocess.Popen[bytes]], environment: Mapping[str, str]) -> None:
    """Wait; start a language service that died again: without it the product goes on."""
    while True:
        if running[0].poll() is not None:
            print("gyeot: the language service ended; starting it again", flush=True)
            running[0] = _start(NLU, environment)
            time.sleep(RESTART_PAUSE)
        _need_alive(running[1:])
        time.sleep(STEP)


def _need_alive(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        if process.poll() is not None:
            raise CannotRun(f"a service ended by itself (exit {process.returncode}); see above.")


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        with suppress(ProcessLookupError):
            process.terminate()
    for process in running:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

"""Serves the model that models/current.json names, and goes over to another without a gap.

The listening socket is held here and shared with the service: the new model starts accepting on
it when it is loaded, and only then the old one stops, after what it has in hand. For the time of
loading both are in memory.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

import serve  # noqa: E402 -- this folder is not a package

PATIENCE = 180.0  # seconds to load a model on a busy machine
STOP_SECONDS = 20.0
STEP = 0.5  # seconds between two looks at what is current


@dataclass
class Service:
    """One model in a process of its own, on the shared socket."""

    model: Path
    process: "subprocess.Popen[bytes]"
    ready: int  # a pipe; one byte says that the model is loaded and accepts


def main() -> int:
    """Serve until SIGTERM or SIGINT, or until the service ends by itself; return its code."""
    model = serve.current_model()
    if model is None:
        return serve.refuse(serve.NO_MODEL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    address = (
        os.environ.get("GYEOT_NLU_HOST", "127.0.0.1"),
        int(os.environ.get("GYEOT_NLU_PORT", "5005")),
    )
    running: list[Service] = []
    with socket.create_server(address, backlog=256) as listener:
        try:
            running.append(_start(model, listener))
            return _follow(running, listener)
        except KeyboardInterrupt:
            return 0
        finally:
            for service in running:
                _stop(service)


def _follow(running: list[Service], listener: socket.socket) -> int:
    refused = None
    while running[0].process.poll() is None:
        wanted = serve.current_model()
        if wanted not in (None, running[0].model, refused):
            running.append(_start(wanted, listener))
            # The one that failed is stopped, whichever it is: somebody serves all the time.
            failed = not _is_ready(running[1])
            refused = wanted if failed else None
            print(f"{wanted.name} {'did not load' if failed else 'serves now'}", flush=True)
            _stop(running.pop(1 if failed else 0))
        time.sleep(STEP)
    return running[0].process.returncode or 1


def _start(model: Path, listener: socket.socket) -> Service:
    ours, theirs = os.pipe()
    shared = (listener.fileno(), theirs)
    process = subprocess.Popen(  # noqa: S603 -- our own script
        [sys.executable, ROOT / "serve.py"],
        env={
            **os.environ,
            "GYEOT_NLU_MODEL": str(model),
            "GYEOT_NLU_SOCKET": "{},{}".format(*shared),
        },
        pass_fds=shared,
    )
    os.close(theirs)
    return Service(model, process, ours)


def _is_ready(service: Service) -> bool:
    readable, _, _ = select.select([service.ready], [], [], PATIENCE)
    return bool(readable) and os.read(service.ready, 1) != b""  # empty: it ended


def _stop(service: Service) -> None:
    service.process.terminate()
    try:
        service.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.process.kill()
        service.process.wait()
    os.close(service.ready)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())

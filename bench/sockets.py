"""What an open web chat costs in memory, what the whole product holds, and how fast it starts.

.venv/bin/python -m bench.sockets [--short]
"""

import asyncio
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from uuid import uuid4

from bench.command import Options, report
from bench.figures import table, verdict
from bench.house import READY_SECONDS, Setting, command, environment
from bench.house import running as product
from bench.running import Server, serving
from bench.stand_ins import Arrivals, LineProvider
from bench.wire import listening
from bench.ws import Socket, connect
from tests.loopback import free_port
from tests.scenarios.house import ready

SOCKETS = 5000
TALKING = 300  # of them say something; bounded, because each is answered by a whole turn
AT_ONCE = 50  # sockets opened at the same time
STARTS = 5
PATIENCE = 60.0
HELLO = json.dumps({"v": 1, "t": "hello", "session": ""})
TEXT = "요즘 잠이 잘 안 와서 조금 힘들어요"


@dataclass
class Tab:
    """One young person's page."""

    socket: Socket | None = None
    greeted: bool = False
    heard_of: asyncio.Event = field(default_factory=asyncio.Event)
    reply: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, frame: bytes) -> None:
        """Take what the server says; a reply is confirmed, as the page does."""
        said = json.loads(frame)
        self.greeted |= said["t"] == "hello"
        if said["t"] == "reply":
            self.reply.set()
            self.say({"v": 1, "t": "ack", "key": said["key"]})
        self.heard_of.set()

    def say(self, frame: object) -> None:
        """Send a frame."""
        assert self.socket is not None
        self.socket.say(json.dumps(frame))


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    _allow_files()
    count = options.count(SOCKETS)
    async with listening(LineProvider(Arrivals())) as provider:
        setting = Setting(options.fresh("sockets"), provider, options.nlu_port)
        async with product(setting) as (server, _):
            rows = await _memory(server, count, min(TALKING, count // 4))
        starts = [await _start(setting) for _ in range(2 if options.short else STARTS)]
    rows.append(("start to ready, s (median)", median(starts), "≤ 3", 3.0))
    shown = [
        (name, figure, goal, "" if limit is None else verdict(figure, limit, at_most=True))
        for name, figure, goal, limit in rows
    ]
    return table(("what", "measured", "goal", ""), shown)


Row = tuple[str, float, str, float | None]


async def _memory(server: Server, count: int, talking: int) -> list[Row]:
    """Open the sockets, look; let some talk, look again."""
    empty = server.resident_mib()
    cpu = server.cpu()
    tabs = await _open(server.port, count)
    cpu = (server.cpu() - cpu) / count * 1e6
    await asyncio.sleep(1)
    idle = server.resident_mib()
    answered = await _talk(tabs[:talking])
    active = server.resident_mib()
    greeted = sum(tab.greeted for tab in tabs)
    for tab in tabs:
        if tab.socket is not None:
            tab.socket.close()
    return [
        ("the product's resident memory, nobody there, MiB", empty, "≤ 120", 120.0),
        (f"{greeted} of {count} sockets open, MiB", idle, "", None),
        ("an idle socket, KiB", (idle - empty) * 1024 / count, "≤ 40", 40.0),
        ("to connect one, CPU µs", cpu, "", None),
        (f"{answered} of {talking} talked, MiB", active, "", None),
        ("a talking socket on top, KiB", (active - idle) * 1024 / max(talking, 1), "", None),
    ]


async def _open(port: int, count: int) -> list[Tab]:
    tabs = [Tab() for _ in range(count)]
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(_enter(port, tab) for tab in tabs[start : start + AT_ONCE]))
    return tabs


async def _enter(port: int, tab: Tab) -> None:
    tab.socket = await connect(port, "/chat/ws", tab.heard)
    tab.socket.say(HELLO)
    await asyncio.wait_for(tab.heard_of.wait(), PATIENCE)


async def _talk(tabs: Sequence[Tab]) -> int:
    """Let each say one thing; return how many were answered in time."""
    for tab in tabs:
        tab.say({"v": 1, "t": "say", "id": str(uuid4()), "text": TEXT})
    waiting = [asyncio.create_task(tab.reply.wait()) for tab in tabs]
    done, late = await asyncio.wait(waiting, timeout=PATIENCE)
    for task in late:
        task.cancel()
    return len(done)


async def _start(setting: Setting) -> float:
    """Return how many seconds an installation that was set up needs until it is ready."""
    port = free_port()
    began = time.perf_counter()
    async with serving(
        command(setting), port, setting.folder / "start.log", environment=environment(setting, port)
    ):
        await ready(f"http://127.0.0.1:{port}", READY_SECONDS)
        return time.perf_counter() - began


def _allow_files() -> None:
    """Let this process and those it starts hold as many sockets as the machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    report(measure, "Sockets, memory, start")

"""What the figures were measured on."""

import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

SYNC_ROUNDS = 300
SYNC_SECONDS = 3.0


def describe(folder: Path) -> str:
    """Return one line: the date, the processor, Python, and how fast `folder`'s disk syncs."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = [
        now,
        f"{os.cpu_count()} cores of {_processor()}",
        f"load {os.getloadavg()[0]:.1f} before",
        f"Python {platform.python_version()}",
        f"{fdatasync_rate(folder):.0f} fdatasync/s",
    ]
    return ", ".join(parts) + "."


def fdatasync_rate(folder: Path) -> float:
    """Count how many 4 KiB appends a second reach the disk of `folder`, one at a time."""
    page = b"\0" * 4096
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        began, done = time.perf_counter(), 0
        while done < SYNC_ROUNDS and time.perf_counter() - began < SYNC_SECONDS:
            os.write(file.fileno(), page)
            os.fdatasync(file.fileno())
            done += 1
        return done / (time.perf_counter() - began)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()

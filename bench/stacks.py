"""Where the time went: sampled stacks as two short tables.

.venv/bin/python -m bench.stacks PROFILE... [--only THREAD_OR_FUNCTION]
"""

import argparse
import re
from collections import Counter
from pathlib import Path

from bench.figures import table

TOP = 20
IDLE = ("run_forever", "_worker", "wait (threading.py", "_connection_worker_thread")
"""Innermost frames of a thread that waits."""


def summary(path: Path, *, only: str = "", top: int = TOP) -> str:
    """Return the functions that were running, and those that were on the way to them.

    Args:
        only: count stacks that hold this word, "" for all.
    """
    inner, through, seen = Counter[str](), Counter[str](), 0
    for line in path.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [_short(frame) for frame in stack.split(";")]
        if only not in stack:
            continue
        seen += int(count)
        inner[frames[-1]] += int(count)
        through.update(dict.fromkeys(frames, int(count)))
    tables = [_table("in it", inner, seen, top), _table("below it", through, seen, top)]
    return "\n\n".join([f"### {path.stem} ({seen} samples)", *tables])


def _table(title: str, found: Counter[str], seen: int, top: int) -> str:
    rows = [(frame, f"{count / max(seen, 1):.1%}") for frame, count in found.most_common(top)]
    return table(("function", title), rows)


def _short(frame: str) -> str:
    """Leave the function and its file, without the line and the environment's folder."""
    match = re.match(r"(.+) \((.+?)(:\d+)?\)$", frame)
    if match is None:
        return frame
    place = re.sub(r".*(site-packages|python3\.\d+|/work/main)/", "", match[2])
    return f"{match[1]} ({place})"


def main() -> None:
    """Print the summary of every profile named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("profiles", nargs="+", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--top", type=int, default=TOP)
    asked = parser.parse_args()
    for path in asked.profiles:
        print(summary(path, only=asked.only, top=asked.top))


if __name__ == "__main__":
    main()

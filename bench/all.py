"""Every bench, one after the other, as one Markdown document.

.venv/bin/python -m bench.all [--short] [--profile FOLDER] > figures.md

The last, of the language service, starts a service of its own; without a trained model (`make nlu`)
it is said to have failed.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

from bench import (
    accepts,
    claims,
    console,
    nlu_speed,
    replies,
    risk_speed,
    rotation,
    seal,
    sockets,
    urgent,
)
from bench.command import run

BENCHES = (
    (accepts.measure, "Durable accepts"),
    (replies.measure, "Message in to reply out"),
    (console.measure, "Commit to console"),
    (claims.measure, "Claims from the queue"),
    (sockets.measure, "Sockets, memory, start"),
    (seal.measure, "Sealing's share"),
    (rotation.measure, "A night's rotation"),
    (urgent.measure, "What must be quick"),
    (risk_speed.measure, "The risk screen"),
    (nlu_speed.measure, "The language service"),
)


def main() -> int:
    """Run all; one that fails is said and does not keep the others from running."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="a smoke run: seconds, no figures")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="where sampled stacks go")
    asked = parser.parse_args()
    failed = 0
    for measure, title in BENCHES:
        began = time.monotonic()
        try:
            print(run(measure, title, short=asked.short, profiles=asked.profile), flush=True)
        except Exception:
            failed += 1
            print(f"## {title}\n\nnot measured, it failed\n", flush=True)
            traceback.print_exc()
        print(f"{title}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How quick, how large and how soon ready the language model is.

.venv/bin/python -m bench.nlu_speed
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.rasa_process import NLU, PYTHON, environment, missing, start_rasa

TARGETS = {"parse p95, ms": 15.0, "resident, MB": 800.0, "ready, s": 15.0}


def main() -> int:
    """Print a table in Markdown; fail if a target is missed."""
    reason = missing()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        parsed = in_process(Path(folder))
        ready, resident = as_service(Path(folder))
    found = {"parse p95, ms": parsed["parse_ms_p95"], "resident, MB": resident, "ready, s": ready}
    print("| figure | measured | target |\n|---|---|---|")
    print(f"| parse p50, ms | {parsed['parse_ms_p50']} | |")
    for name, target in TARGETS.items():
        print(f"| {name} | {found[name]:.1f} | at most {target:.0f} |")
    return 1 if any(found[name] > target for name, target in TARGETS.items()) else 0


def in_process(folder: Path) -> dict[str, Any]:
    """Parse every held-out sentence in one process, one after the other."""
    subprocess.run(
        [PYTHON, NLU / "evaluate.py", "--json", folder / "report.json"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


def as_service(folder: Path) -> tuple[float, float]:
    """Return seconds until `/status` names a model, and megabytes held then."""
    started = time.monotonic()
    rasa = start_rasa(folder / "rasa.log")
    try:
        ready = time.monotonic() - started
        status = Path(f"/proc/{rasa.pid}/status").read_text(encoding="utf-8")
    finally:
        rasa.stop()
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    return ready, int(resident[1]) / 1024 if resident else 0.0


if __name__ == "__main__":
    sys.exit(main())

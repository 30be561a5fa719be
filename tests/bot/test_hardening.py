"""What the system is told about the process before it holds a key."""

import subprocess
import sys

import pytest

from tests.scenarios.house import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has prctl")

STARTED = """
import ctypes, re, runpy, sys
from pathlib import Path
sys.argv = ["bot", "serve"]
try:
    runpy.run_module("bot", run_name="__main__")
except SystemExit:
    pass
PR_GET_DUMPABLE = 3
print(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
print(re.search("core file size +(.*?) +(.*?) ", Path("/proc/self/limits").read_text()).groups())
print(Path("/proc/self/status").read_text())
"""


def test_serving_begins_without_core_dumps_and_closed_to_debuggers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    empty = tmp_path_factory.mktemp("empty")  # without a keyring it ends at once

    ended = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=ROOT, env={"GYEOT_HOME": str(empty)},
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    dumpable, core, *status = ended.stdout.splitlines()
    assert "keyring_absent" in ended.stderr
    assert dumpable == "0"
    assert core == "('0', '0')"
    assert "TracerPid:\t0" in status

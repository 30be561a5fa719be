"""What the process asks of the system, so that its memory reaches no disk and no other process."""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4  # prctl(2)


def harden() -> None:
    """Allow no core dump of this process, and no process of the same user to read its memory.

    The limit alone does not hold where the system pipes dumps to a program (core(5)); on
    Linux the process is not dumpable either, which also closes ptrace and /proc/PID/mem.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)

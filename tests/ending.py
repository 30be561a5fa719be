"""The end of a process that a test started."""

import subprocess


def ended(process: subprocess.Popen[bytes], patience: float) -> int:
    """Wait for a process that was told to end; one that does not would starve all later tests.

    Raises:
        subprocess.TimeoutExpired: it did not go within so many seconds; it was killed.
    """
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise

"""How much one socket may say in a while."""

from datetime import datetime

BURST = 20.0  # frames at once: a young person writes many short ones
REFILL = 1.0  # frames a second after that


class Allowance:
    """A bucket of frames that fills again with time."""

    def __init__(self, now: datetime) -> None:
        self._left = BURST
        self._since = now

    def spend(self, now: datetime) -> bool:
        """Use one frame up; False when none is left."""
        passed = max(0.0, (now - self._since).total_seconds())
        self._left = min(BURST, self._left + passed * REFILL)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

"""Work over which one process after another dies: how often, and for how long it rests."""

from datetime import timedelta

TRUSTED_TRIES = 3
"""Leases without an end after which a piece of work is suspected to kill who takes it."""
CRASH_TRIES = 20
"""Leases without an end after which it is set aside; a quarter of an hour."""
LONGEST_LEASE = timedelta(seconds=60)


def suspect_lease(lease: timedelta, tries: int) -> timedelta:
    """Return how long work is leased at its next try: longer each time once it is suspected.

    A machine that restarts again and again must not set aside what never did any harm.
    """
    if tries <= TRUSTED_TRIES:
        return lease
    doubled: timedelta = lease * 2 ** (tries - TRUSTED_TRIES)
    return max(lease, min(LONGEST_LEASE, doubled))

"""What is told to everybody of each half-year: requests, unmaskings, help with removal, reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handoff.numbers_sheet import added
from handoff.setting_forms import halves
from storage import audit, metrics, settings
from storage.database import Session
from storage.metric_tables import ALL, FILED
from storage.metrics import Published
from storage.periods import end_of
from storage.suppression import TOTAL, Cell
from storage.unmaskings import APPROVED

HALVES = 4
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Half:
    """Counts of half a year; None where nobody entered any, or nothing is shown."""

    name: str
    came: int | None
    answered: int | None
    unmasked: int  # every one of them is told, as far back as the audit log goes
    removal: int | None  # messages that named help with removal; at least
    filed: int | None  # reports brought to the police; at least


async def half_years(session: Session, now: datetime) -> Sequence[Half]:
    """Return the newest half-years, the running one first."""
    entered = json.loads((await settings.current(session))["authority_requests"])
    published = await metrics.published(session, ["deletions", "reports"])
    unmasked = [halves(at, 1)[0] for at in await audit.moments(session, APPROVED)]
    return [
        Half(
            name,
            came=asked[0],
            answered=asked[1],
            unmasked=unmasked.count(name),
            removal=_shown(published, name, ("deletions", ALL, TOTAL)),
            filed=_shown(published, name, ("reports", FILED, TOTAL)),
        )
        for name in halves(now, HALVES)
        for asked in (entered.get(name) or (None, None),)
    ]


def _shown(published: Published, half: str, cell: Cell) -> int | None:
    months = (one for one in published if halves(end_of(one) - _MOMENT, 1)[0] == half)
    return added(published[month].get(cell) for month in months)

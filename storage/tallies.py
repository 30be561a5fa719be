"""What happens, counted by category in the transaction in which it happens, without anybody."""

from datetime import datetime

from storage import counting, metric_tables
from storage.metric_tables import ALL, BOT_ONLY, FAMILIES, NEVER, group, kind, tier
from storage.periods import hour_of, period_of
from storage.records import Outcome, Risk
from storage.sessions import Session

TRAINING = "training"
"""The channel of talks that no young person is in; nothing of them is counted."""


def arrived(session: Session, channel: str, *, now: datetime) -> None:
    """Count a talk that begins."""
    if channel != TRAINING:
        _add(session, "arrivals", kind(channel), {"arrivals_by_hour": hour_of(now)}, now)


def handed_off(session: Session, risk: Risk, reason: str, *, now: datetime) -> None:
    """Count a talk that begins to wait for a person."""
    _add(session, "handoffs", tier(risk), {"handoffs": metric_tables.REASON.code(reason)}, now)


def waited(session: Session, risk: Risk, column: str, *, since: datetime, now: datetime) -> None:
    """Count a wait that ends; of one that ended with nobody, also the hour it began in."""
    columns = {"waits": metric_tables.WAIT.code(column)}
    if column == NEVER:
        columns["never_by_hour"] = hour_of(since)
    _add(session, "waits", tier(risk), columns, now)


def ended(
    session: Session,
    *,
    channel: str,
    risk: Risk,
    topic: str | None,
    outcome: str,
    with_person: bool,
    now: datetime,
) -> None:
    """Count a talk that is over."""
    if channel == TRAINING:
        return
    told = Outcome.REFERRED if outcome == Outcome.ACCOMPANIED else outcome
    how = metric_tables.OUTCOME.code(told) if with_person else BOT_ONLY
    columns = {"ends": how, "ends_by_topic": group(topic)}
    _add(session, "ends", tier(risk), columns, now)


def undelivered(session: Session, channel: str, *, now: datetime) -> None:
    """Count a message that will never arrive."""
    if channel != TRAINING:
        _add(session, "undelivered", ALL, {"undelivered": kind(channel)}, now)


def referred(session: Session, channel: str, by: str, *, now: datetime) -> None:
    """Count a message that names a help service for taking pictures down."""
    if channel != TRAINING:
        _add(session, "deletions", ALL, {"deletions": metric_tables.DELETION.code(by)}, now)


def reported(session: Session, step: str, *, now: datetime) -> None:
    """Count a step of a report to the police: begun, signed or filed."""
    _add(session, "reports", step, {"reports": ALL}, now)


def _add(session: Session, family: str, row: str, columns: dict[str, str], now: datetime) -> None:
    period = period_of(FAMILIES[family].span, now)
    for name, column in columns.items():
        counting.add(session, name, period, row, column)

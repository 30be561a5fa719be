"""What an auditor asks for, and how acts are written for the page and for a file. Pure."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from urllib.parse import urlencode
from uuid import UUID

from storage.audit_search import INTEGRITY_FAILURE, Act, Wanted

SEOUL = timezone(timedelta(hours=9))  # no summer time since 1988; needs no zone files
REASONS = ("monthly_review", "incident", "legal_request", "data_subject", "other")
"""Why acts are exported: a code, so that no name gets into the log."""

COLUMNS = (
    "position", "at_seoul", "at_utc", "who", "staff_id", "role", "action", "conversation", "why",
    "result", "batch",
)  # fmt: skip
_FIELDS = ("staff", "action", "talk", "since", "until")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as they were typed, and what they mean; `wrong` names those not understood."""

    typed: Mapping[str, str]
    wanted: Wanted
    wrong: tuple[str, ...]

    @property
    def query(self) -> str:
        """Write the filters for an address; it holds ids, codes and days only."""
        return urlencode({name: one for name, one in self.typed.items() if one})


@dataclass(frozen=True, slots=True)
class Entry:
    """One act in the words of the page."""

    position: int
    seoul: str
    utc: str
    who: str
    role: str
    action: str
    talk: str
    why: str
    result: str
    sealed: bool
    alarming: bool


def read(fields: Mapping[str, str]) -> Asked:
    """Read the filters; what cannot be understood is named and left out."""
    typed = {name: fields.get(name, "").strip()[:64] for name in _FIELDS}
    wrong: list[str] = []

    def understood(name: str, take: type[UUID] | type[date]) -> UUID | date | None:
        try:
            return _taken(take, typed[name]) if typed[name] else None
        except ValueError:
            wrong.append(name)
            return None

    staff, talk = understood("staff", UUID), understood("talk", UUID)
    since, until = understood("since", date), understood("until", date)
    wanted = Wanted(
        staff_id=staff if isinstance(staff, UUID) else None,
        action=typed["action"] or None,
        object_id=talk if isinstance(talk, UUID) else None,
        since=_midnight(since) if isinstance(since, date) else None,
        until=_midnight(until + timedelta(days=1)) if isinstance(until, date) else None,
    )
    return Asked(typed, wanted, tuple(wrong))


def entry(act: Act, words: Mapping[str, str]) -> Entry:
    """Write an act in the reader's words."""
    return Entry(
        position=act.position,
        seoul=moment(act.at),
        utc=act.at.strftime("%H:%M:%S"),
        who=_who(act, words["audit_service"]),
        role=words.get(f"role_{act.role}", act.role or ""),
        action=words.get(f"act_{act.action}", act.action),
        talk=str(act.object_id) if act.object_id else "",
        why=_why(act.purpose, words),
        result=words.get(f"result_{act.result}", act.result),
        sealed=act.batch is not None,
        alarming=act.action == INTEGRITY_FAILURE or act.result == "broken",
    )


def row(act: Act) -> str:
    """Write an act as a line of CSV."""
    return line(
        act.position, moment(act.at), act.at.isoformat(), _who(act, ""), act.staff_id, act.role,
        act.action, act.object_id, act.purpose, act.result, act.batch,
    )  # fmt: skip


def line(*cells: object) -> str:
    """Write cells as a line of CSV; none of them is a formula to a spreadsheet."""
    written = io.StringIO()
    csv.writer(written).writerow(["" if cell is None else _plain(str(cell)) for cell in cells])
    return written.getvalue()


def moment(at: datetime) -> str:
    """Write a moment as it was in Seoul."""
    return at.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M:%S")


def actions(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return every act that has words, with them."""
    return [(key[4:], one) for key, one in words.items() if key.startswith("act_")]


def _taken(take: type[UUID] | type[date], typed: str) -> UUID | date:
    return UUID(typed) if issubclass(take, UUID) else date.fromisoformat(typed)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SEOUL)


def _who(act: Act, service: str) -> str:
    if act.staff_id is None:
        return service
    return act.name or str(act.staff_id)


def _why(purpose: str, words: Mapping[str, str]) -> str:
    if purpose.startswith("lines "):
        return words["audit_lines"].format(lines=purpose.removeprefix("lines ").replace("-", "–"))
    return words.get(f"why_{purpose}") or words.get(f"role_{purpose}", purpose)


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

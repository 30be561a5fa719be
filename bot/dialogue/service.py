"""Whether people are here to answer, and what is said when they are not, or too few. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.dialogue.bands import band_of
from bot.dialogue.content import FOLDER, Content
from bot.dialogue.content_file import read_file
from bot.dialogue.policy import NEUTRAL
from bot.dialogue.reading_level import Band
from bot.dialogue.turn import Decision, Turn
from bot.messages import Reply
from storage.records import ConversationState, Language

SEOUL = ZoneInfo("Asia/Seoul")
AWAY = "away.1"
AWAY_LONG = "away_long.1"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD = 14  # days that are looked at for the next opening
AGAIN = 3  # of so many answers to somebody who waits, one says again that nobody is here
NOON = 12

_WHEN: Mapping[str, Mapping[str, str]] = read_file(FOLDER / "service.toml")["when"]


@dataclass(frozen=True, slots=True)
class Service:
    """What staff set of the service: which prepared surge sentence is on, and the hours.

    `hours` is the setting as it is stored: "" is always open; a date stands for its weekday.
    """

    surge: str = ""
    hours: str = ""


def opens_at(hours: str, now: datetime) -> datetime | None:
    """Return when somebody is here next: `now` itself in opening hours, None when not soon."""
    if not hours:
        return now
    table: Mapping[str, Sequence[Sequence[str]]] = json.loads(hours)
    here = now.astimezone(SEOUL)
    for ahead in range(AHEAD):
        day = here.date() + timedelta(days=ahead)
        for since, until in table.get(day.isoformat(), table.get(DAYS[day.weekday()], ())):
            midnight = datetime.combine(day, time(), SEOUL)
            if midnight + _of_day(until) <= here:
                continue
            return max(midnight + _of_day(since), here)
    return None


def beside(
    decision: Decision, turn: Turn, content: Content, service: Service, now: datetime
) -> Decision:
    """Return a decision that also says honestly that nobody is here, or that it takes long.

    It goes before the last bubble, which keeps its choices; nothing is added where nothing is
    said, nor to a neutral answer, nor while somebody watches.
    """
    name = _name(decision, turn, content, service, now)
    if name is None or not decision.replies:
        return decision
    band = band_of(decision.memory)
    if name == AWAY:
        reply = away(decision.language, content, service, now, band=band)
    else:
        reply = content.reply(name, decision.language, waiting=True, band=band)
    reply = replace(reply, quick_replies=())
    return replace(decision, replies=(*decision.replies[:-1], reply, decision.replies[-1]))


def away(
    language: Language,
    content: Content,
    service: Service,
    now: datetime,
    *,
    band: Band | None = None,
) -> Reply:
    """Say that nobody is here at this hour, and when somebody is, if that is known."""
    opening = opens_at(service.hours, now)
    if opening is None:
        return content.reply(AWAY_LONG, language, waiting=True, band=band)
    reply = content.reply(AWAY, language, waiting=True, band=band)
    when = _WHEN[language]["back"].format(opens=spoken(opening, now, language))
    return replace(reply, text=f"{reply.text} {when}")


def is_open(hours: str, now: datetime) -> bool:
    """Tell whether somebody is here by the hours that staff set."""
    return opens_at(hours, now) == now


def spoken(opening: datetime, now: datetime, language: Language) -> str:
    """Write when people are here again, as one says it in Seoul."""
    words = _WHEN[language]
    there, here = opening.astimezone(SEOUL), now.astimezone(SEOUL)
    ahead = (there.date() - here.date()).days
    near = {0: words["today"], 1: words["tomorrow"]}
    shape = words["clock_minutes"] if there.minute else words["clock"]
    return shape.format(
        day=near.get(ahead, words["days"][there.weekday()]),
        half=words["morning"] if there.hour < NOON else words["afternoon"],
        hour=there.hour % NOON or NOON,
        minute=f"{there.minute:02}",
    )


def _name(
    decision: Decision, turn: Turn, content: Content, service: Service, now: datetime
) -> str | None:
    group = (decision.memory.last or "").rpartition(".")[0]
    if decision.memory.covered or group in NEUTRAL:
        return None
    asks = decision.ask is not None and turn.state is ConversationState.BOT
    waits = turn.state is ConversationState.QUEUED and not decision.cancel
    again = waits and decision.memory.waiting_said % AGAIN == AGAIN - 1
    if (asks or again) and not is_open(service.hours, now):
        return AWAY
    greets = turn.first and decision.memory.introduced
    if (asks or greets) and service.surge in content.sentences:
        return service.surge
    return None


def _of_day(typed: str) -> timedelta:
    hour, minute = typed.split(":")
    return timedelta(hours=int(hour), minutes=int(minute))

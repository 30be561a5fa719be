"""What is said where staff switched a channel off: the numbers, and where else to write. Pure.

No talk begins there. Danger is answered as ever and brings a person, since whoever is in danger
may have no other way to us; and a talk that waits or has a counselor goes on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.dialogue.choosing import sentences_for
from bot.dialogue.content import FOLDER, Content
from bot.dialogue.content_file import read_file
from bot.dialogue.policy import NEUTRAL
from bot.dialogue.turn import Decision, Turn
from storage.records import AskReason, ConversationState, Language, Risk

GROUP = "channel_off"
AGAIN = timedelta(minutes=2)
"""How long it is not said again: a burst needs one answer, and who asks again needs another."""

_ELSEWHERE: Mapping[str, Mapping[str, str]] = read_file(FOLDER / "service.toml")["elsewhere"]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where people can write now: the channels by name, and the web page's address if known."""

    shut: Collection[str] = ()
    open: Collection[str] = ()
    address: str = ""


def instead(
    decision: Decision, turn: Turn, content: Content, doors: Doors, now: datetime
) -> Decision:
    """Return what is said on a channel that is off; everything of another one stays as it is."""
    if turn.channel not in doors.shut or not _begins(decision, turn):
        return decision
    kept = replace(
        turn.memory, mentions=decision.memory.mentions, signals=decision.memory.signals, choices=()
    )
    said_at = turn.memory.off_at
    if said_at and now - datetime.fromtimestamp(said_at, now.tzinfo) < AGAIN:
        return replace(decision, replies=(), memory=kept, ask=None, cancel=False, gives="")
    memory, names = sentences_for((GROUP,), kept, content)
    reply = content.reply(names[-1], decision.language)
    reply = replace(reply, text=f"{reply.text}{_elsewhere(doors, decision.language)}")
    memory = replace(memory, off_at=int(now.timestamp()))
    return replace(decision, replies=(reply,), memory=memory, ask=None, cancel=False, gives="")


def _begins(decision: Decision, turn: Turn) -> bool:
    """Tell whether an answer is one of those that are not given here."""
    group = (decision.memory.last or "").rpartition(".")[0]
    is_neutral = decision.memory.covered or group in NEUTRAL
    in_danger = decision.risk >= Risk.HIGH or decision.ask is AskReason.CRISIS
    goes_on = turn.state is not ConversationState.BOT
    return bool(decision.replies) and not (is_neutral or in_danger or goes_on)


def _elsewhere(doors: Doors, language: Language) -> str:
    words = _ELSEWHERE[language]
    named = [words[name] for name in doors.open if name in words]
    places = [f"{words['web']} {doors.address}", *named] if doors.address else named
    return " " + words["here"].format(places=", ".join(places)) if places else ""

"""How a frame for a console is written down: one line of JSON."""

import json
from uuid import UUID

from handoff.frames import (
    VERSION,
    Alarm,
    AlongChange,
    Card,
    Claimed,
    Colleagues,
    Delivery,
    Done,
    Earlier,
    Hello,
    Lines,
    Locked,
    Noted,
    Notes,
    OffersChange,
    Ping,
    PresenceKept,
    QueueChange,
    Refused,
    Said,
    ServerFrame,
    StoppedTexts,
    Summary,
    Talk,
    TalksChange,
    Typing,
)
from storage.records import CaseNote, Colleague, Companion, Line, Speaker, Stopped, StoppedWords


def dump(frame: ServerFrame) -> str:
    """Write one frame for a console: one line of JSON, times in ISO 8601 UTC."""
    return json.dumps({"v": VERSION, **_body(frame)}, ensure_ascii=True, separators=(",", ":"))


def _body(frame: ServerFrame) -> dict[str, object]:  # noqa: C901, PLR0911, PLR0912 - one case a frame
    match frame:
        case Hello(name, role, now, who, most):
            me = {"name": name, "role": role, "id": str(who), "most": most}
            return {"type": "hello", **me, "now": now.isoformat()}
        case QueueChange(changed, gone):
            return {"type": "queue", "changed": [_card(c) for c in changed], "gone": _ids(gone)}
        case TalksChange(talks, gone, erased, moved):
            shown_talks = {"changed": [_talk(t) for t in talks], "gone": _ids(gone)}
            now_with = {str(one): str(owner) for one, owner in moved.items()}
            return {"type": "talks", **shown_talks, "erased": _ids(erased), "moved": now_with}
        case OffersChange(offered):
            asked = [{**_talk(talk), "owner": str(owner)} for talk, owner in offered]
            return {"type": "offers", "talks": asked}
        case AlongChange(wanted):
            asked = [{**_talk(talk), "owner": str(owner)} for talk, owner in wanted]
            return {"type": "along", "talks": asked}
        case Colleagues(everybody):
            return {"type": "colleagues", "all": [_colleague(one) for one in everybody]}
        case Alarm(one, owner):
            return {"type": "alarm", **_card(one), "owner": str(owner)}
        case Notes(conversation, notes):
            shown = [_note(note) for note in notes]
            return {"type": "notes", "conversation": str(conversation), "notes": shown}
        case StoppedTexts(conversation, texts):
            asked = [_stopped(*one) for one in texts]
            return {"type": "stopped", "conversation": str(conversation), "texts": asked}
        case Summary(conversation, facts):
            at_a_glance = {name: list(values) for name, values in facts.items()}
            return {"type": "summary", "conversation": str(conversation), "facts": at_a_glance}
        case Locked(minutes):
            return {"type": "locked", "minutes": minutes}
        case PresenceKept(state):
            return {"type": "presence", "state": state}
        case Noted(conversation, key):
            return {"type": "noted", "conversation": str(conversation), "key": str(key)}
        case Lines(conversation, lines):
            told = [_line(line) for line in lines]
            return {"type": "lines", "conversation": str(conversation), "lines": told}
        case Earlier(conversation, lines):
            before = [_line(line) for line in lines]
            return {"type": "earlier", "conversation": str(conversation), "lines": before}
        case Delivery(conversation, seq, state):
            where = {"conversation": str(conversation), "seq": seq}
            return {"type": "delivery", **where, "state": state}
        case Claimed(conversation):
            return {"type": "claimed", "conversation": str(conversation)}
        case Said(conversation, key, seq):
            what = {"conversation": str(conversation), "key": str(key)}
            return {"type": "said", **what, "seq": seq}
        case Done(conversation, action):
            return {"type": "done", "conversation": str(conversation), "action": action}
        case Refused():
            return {"type": "refused", **_refused(frame)}
        case Typing(conversation):
            return {"type": "typing", "conversation": str(conversation)}
        case Ping(now):
            return {"type": "ping", "now": now.isoformat()}


def _card(shown: Card) -> dict[str, object]:
    return {
        "conversation": str(shown.conversation),
        "names": dict(shown.names),
        "version": shown.version,
        "risk": int(shown.risk),
        "reason": shown.reason,
        "topic": shown.topic,
        "channel": shown.channel,
        "language": shown.language,
        "queued_at": shown.queued_at.isoformat(),
        "reply_until": shown.reply_until and shown.reply_until.isoformat(),
        "covered": shown.covered,
    }


def _talk(shown: Talk) -> dict[str, object]:
    offered = str(shown.offered_to) if shown.offered_to else None
    beside = {"along": shown.along, "owner": str(shown.owner) if shown.owner else None}
    company = _companion(shown.companion) if shown.companion else None
    told = {"epoch": shown.epoch, "offered_to": offered, "company": company, **beside}
    return {**_card(shown.card), **told, "readers": _ids(shown.readers)}


def _companion(one: Companion) -> dict[str, object]:
    return {"who": str(one.staff_id) if one.staff_id else None, "reads": one.joined}


def _colleague(one: Colleague) -> dict[str, object]:
    return {"id": str(one.id), "name": one.name, "presence": one.presence}


def _stopped(one: Stopped, words: StoppedWords) -> dict[str, object]:
    said = {"text": words.text, "answer": words.answer}
    return {"key": str(one.id), "ask": one.ask, "state": one.state, **said}


def _note(note: CaseNote) -> dict[str, object]:
    by = {"id": str(note.id), "by": str(note.staff_id), "kind": note.kind}
    return {**by, "at": note.at.isoformat(), "text": note.text}


def _line(line: Line) -> dict[str, object]:
    return {
        "seq": line.seq,
        "speaker": line.speaker,
        "kind": line.kind,
        "text": line.text,
        "at": line.at.isoformat(),
        "delivery": line.delivery,
        # Only a counselor's line is named, by the key its own console chose.
        "key": str(line.id) if line.speaker is Speaker.COUNSELOR else None,
    }


def _refused(frame: Refused) -> dict[str, object]:
    return {
        "action": frame.action,
        "code": frame.code,
        "conversation": str(frame.conversation) if frame.conversation else None,
        "key": str(frame.key) if frame.key else None,
    }


def _ids(ids: tuple[UUID, ...]) -> list[str]:
    return [str(one) for one in ids]

"""The JSON that travels on the young person's socket, version 1."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from bot.messages import MessageKind, Reply

VERSION = 1
FRAME_LIMIT = 16 * 1024  # bytes of one frame from the page
TEXT_LIMIT = 5000  # characters (code points) of one message


class Reason(StrEnum):
    """Why a frame was not taken; the page has words for each."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    MALFORMED = "malformed"
    VERSION = "version"


class FrameRefused(Exception):
    """The page sent something that cannot be taken; it holds no content."""

    def __init__(self, reason: Reason, client_id: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.client_id = client_id  # "" when the frame named none


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of a connection; `session` is "" for somebody new."""

    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """Something to store: a text, a pressed choice or the way out."""

    client_id: str = field(repr=False)
    kind: MessageKind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ack:
    """The page has shown the reply with this key."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ping:
    """The page asks whether the line is still up."""


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody is writing at this page; not a word of it is sent."""


Frame = Hello | Said | Ack | Ping | Typing

_KINDS = {"say": MessageKind.TEXT, "press": MessageKind.BUTTON}


def read_frame(raw: str | bytes) -> Frame:
    """Read one frame from the page.

    Raises:
        FrameRefused: it is too big, malformed, of another version, or its text
            is empty or too long.
    """
    if _size(raw) > FRAME_LIMIT:
        raise FrameRefused(Reason.TOO_LONG)
    match _fields(raw):
        case {"v": version} if version != VERSION or isinstance(version, bool):
            raise FrameRefused(Reason.VERSION)
        case {"v": int(), "t": "hello", **rest}:
            return _hello(rest)
        case {"v": int(), "t": ("say" | "press") as verb, "id": str(name), "text": str(text)}:
            return _said(_uuid(name), _KINDS[verb], text)
        case {"v": int(), "t": "leave", "id": str(name)}:
            return Said(_uuid(name), MessageKind.LEAVE, "")
        case {"v": int(), "t": "ack", "key": str(key)}:
            return Ack(_uuid(key))
        case {"v": int(), "t": ("ping" | "typing") as verb}:
            return Ping() if verb == "ping" else Typing()
    raise FrameRefused(Reason.MALFORMED)


def hello(session: str) -> str:
    """Tell the page which session it is in."""
    return _frame("hello", session=session)


def stored(client_id: str) -> str:
    """Tell the page that its message is safe with us."""
    return _frame("stored", id=client_id)


def not_stored(client_id: str) -> str:
    """Tell the page that its message could not be kept; it may send it again."""
    return _frame("not_stored", id=client_id)


def refused(error: FrameRefused) -> str:
    """Tell the page why a frame was not taken."""
    return _frame("refused", id=error.client_id, why=error.reason.value)


def pong() -> str:
    """Answer a ping."""
    return _frame("pong")


def typing() -> str:
    """Tell the page that the counselor is writing."""
    return _frame("typing")


def reply(message: Reply, key: str) -> str:
    """Put a reply into a frame; the page drops a key that it has shown already."""
    return _frame(
        "reply",
        key=key,
        text=message.text,
        choices=[[choice.label, choice.payload] for choice in message.quick_replies],
        origin=message.origin.value,
        lang=message.language,
    )


def client_id_of(frame: Frame) -> str:
    """Return the page's own id of a frame, or "" where it has none."""
    match frame:
        case Said(client_id=client_id):
            return client_id
        case Hello() | Ack() | Ping() | Typing():
            return ""
        case _ as never:
            assert_never(never)


def _frame(verb: str, **fields: object) -> str:
    return json.dumps({"v": VERSION, "t": verb, **fields}, ensure_ascii=False)


def _size(raw: str | bytes) -> int:
    # surrogatepass: a lone surrogate is refused later, with a reason.
    return len(raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw)


def _fields(raw: str | bytes) -> Mapping[str, object]:
    # RecursionError: a frame of 16 KiB can hold 16,000 opening brackets.
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise FrameRefused(Reason.MALFORMED) from None
    if not isinstance(fields, dict):
        raise FrameRefused(Reason.MALFORMED)
    return fields


def _hello(rest: Mapping[str, object]) -> Hello:
    session = rest.get("session")
    return Hello(session if isinstance(session, str) else "")


def _said(client_id: str, kind: MessageKind, text: str) -> Said:
    if not text.strip():
        raise FrameRefused(Reason.EMPTY, client_id)
    if len(text) > TEXT_LIMIT:
        raise FrameRefused(Reason.TOO_LONG, client_id)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FrameRefused(Reason.MALFORMED, client_id)  # half a character: not UTF-8
    return Said(client_id, kind, text)


def _uuid(name: str) -> str:
    try:
        return str(UUID(name))
    except ValueError:
        raise FrameRefused(Reason.MALFORMED) from None

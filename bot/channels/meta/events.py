"""What a delivery of Meta says, in our words.

Source: https://developers.facebook.com/documentation/business-messaging/ (webhook events of
messenger-platform and instagram-messaging).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.channels.reading import Content, ident, members, moment, words
from bot.messages import InboundMessage, MessageKind

_TESTER = "0"  # the account in deliveries that the app dashboard's test button makes
_SECONDS_BELOW = 100_000_000_000  # a smaller time is in seconds, a larger in milliseconds
_HEART = "❤️"

_ATTACHMENTS = {
    "image": "image",
    "video": "video",
    "reel": "video",
    "ig_reel": "video",
    "audio": "audio",
    "file": "file",
    "location": "location",
}
"""Meta's name of a thing in a message, to ours; shares, stories and the rest are "other"."""


def events(entry: object) -> Sequence[tuple[str | None, Mapping[str, object]]]:
    """Return the account and each event of an entry; `standby` and `changes` are not for us."""
    found = members(entry)
    account = ident(found.get("id"))
    match found.get("messaging"):
        case [*items] if account != _TESTER:
            return [(account, members(item)) for item in items]
    return ()


def read(channel: str, account: str | None, event: Mapping[str, object]) -> InboundMessage | None:
    """Return what a person did, None when it is nothing to us.

    Args:
        channel: "messenger" or "instagram".
        account: whose delivery it is, so that our own words are known.
        event: one member of `messaging`.
    """
    person = ident(members(event.get("sender")).get("id"))
    content = _content(event)
    if person is None or person == account or content is None:
        return None
    message_id = _message_id(event)
    return InboundMessage(
        channel=channel,
        # A change carries the name of the message it changes, and has none of its own.
        event_id=message_id or "" if content.refers_to is None else "",
        account=person,
        address=person,
        kind=content.kind,
        sent_at=_moment(event.get("timestamp")),
        text=content.text,
        attachment=content.attachment,
        message_id=message_id,
        refers_to=content.refers_to,
    )


def _message_id(event: Mapping[str, object]) -> str | None:
    for part in ("message", "message_edit", "postback"):
        if part in event:
            return ident(members(event[part]).get("mid"))
    return None


def _moment(value: object) -> datetime:
    """Read a time; Meta was seen to send seconds in one place and milliseconds in another."""
    number = ident(value)
    if number is not None and number.isdecimal() and int(number) < _SECONDS_BELOW:
        return moment(value)
    return moment(value, per_second=1000)


def _content(event: Mapping[str, object]) -> Content | None:
    match event:
        case {"message": dict(message)}:
            return _said(message)
        case {"message_edit": {"mid": edited, "text": str(text)}} if ident(edited):
            return Content(MessageKind.EDIT, words(text), refers_to=ident(edited))
        case {"postback": dict(pressed)}:
            text = words(pressed.get("payload")) or words(pressed.get("title"))
            return Content(MessageKind.BUTTON, text) if text else None
        case {"reaction": {"action": "react", "emoji": str(felt), "mid": about}}:
            return Content(MessageKind.STICKER, words(felt), refers_to=ident(about))
    return None


def _said(message: Mapping[str, object]) -> Content | None:
    if message.get("is_echo"):  # our own words, or a colleague's from Meta's inbox
        return None
    if message.get("is_deleted"):
        erased = ident(message.get("mid"))
        return Content(MessageKind.UNSEND, refers_to=erased) if erased else None
    match message.get("quick_reply"):
        case {"payload": str(payload)} if payload:
            return Content(MessageKind.BUTTON, words(payload))
    return _written(message)


def _written(message: Mapping[str, object]) -> Content | None:
    """Read words and things; the addresses of things are dropped unread."""
    text = words(message.get("text"))
    things = _things(message)
    media = [thing for thing in things if not _is_small(thing, text)]
    if media:
        kind = _ATTACHMENTS.get(words(media[0].get("type")), "other")
        return Content(MessageKind.ATTACHMENT, text, kind)
    if text:
        return Content(MessageKind.TEXT, text)
    if things:
        liked = any(thing.get("type") == "like_heart" for thing in things)
        return Content(MessageKind.STICKER, _HEART if liked else "")
    # Something that Meta does not hand on. They sent it, so they get an answer.
    seen = message.get("is_unsupported") or "mid" in message
    return Content(MessageKind.ATTACHMENT, attachment="other") if seen else None


def _things(message: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    match message.get("attachments"):
        case [*things]:
            return [members(thing) for thing in things]
    return ()


def _is_small(thing: Mapping[str, object], text: str) -> bool:
    """Whether a thing is a sticker, or only Meta's preview of a link in the text."""
    if thing.get("type") == "fallback":
        return bool(text)
    return thing.get("type") == "like_heart" or "sticker_id" in members(thing.get("payload"))

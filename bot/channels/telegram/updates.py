"""What a Telegram update says, in our words.

Source: https://core.telegram.org/bots/api#update
"""

import re
from collections.abc import Mapping

from bot.channels.reading import UNKNOWN_TIME, Content, ident, members, moment, words
from bot.messages import InboundMessage, MessageKind

NAME = "telegram"

_START = re.compile(r"/start(?:@\w+)?(?:\s+(?P<rest>.*))?", re.DOTALL)
_ATTACHMENTS = {
    "photo": "image",
    "animation": "video",  # before document, which comes with it
    "video": "video",
    "video_note": "video",
    "voice": "audio",
    "audio": "audio",
    "document": "file",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "poll": "other",
    "story": "other",
}
"""Telegram's name of a thing in a message, to ours."""


def read(update: Mapping[str, object]) -> InboundMessage | None:
    """Return what a person did on Telegram, None when it is nothing to us."""
    event_id = ident(update.get("update_id")) or ""
    match update:
        case {"message": dict(message)}:
            return _message(event_id, message, _content(message))
        case {"edited_message": dict(message)}:
            return _message(event_id, message, _edit(message))
        case {"callback_query": dict(query)}:
            return _press(event_id, query)
        case {"my_chat_member": dict(change)}:
            return _joined_group(event_id, change) or _message(
                event_id, change, _membership(change)
            )
    return None


def _message(
    event_id: str, message: Mapping[str, object], content: Content | None
) -> InboundMessage | None:
    chat = _private(message.get("chat"))
    if chat is None or content is None:
        return None
    return InboundMessage(
        channel=NAME,
        event_id=event_id,
        account=ident(members(message.get("from")).get("id")) or chat,
        address=chat,
        kind=content.kind,
        sent_at=moment(message.get("edit_date", message.get("date"))),
        text=content.text,
        attachment=content.attachment,
        message_id=ident(message.get("message_id")),
        refers_to=content.refers_to,
    )


def _press(event_id: str, query: Mapping[str, object]) -> InboundMessage | None:
    """Read a button press; the message under the button may be missing or too old."""
    account = ident(members(query.get("from")).get("id"))
    carrier = members(query.get("message"))
    address = _private(carrier["chat"]) if "chat" in carrier else account
    data = words(query.get("data"))
    if account is None or address is None or not data:
        return None
    return InboundMessage(
        channel=NAME,
        event_id=event_id,
        account=account,
        address=address,
        kind=MessageKind.BUTTON,
        sent_at=UNKNOWN_TIME,  # the carrier's date is when we wrote, not when they pressed
        text=data,
        message_id=ident(carrier.get("message_id")),
        reply_token=ident(query.get("id")),
    )


def _private(chat: object) -> str | None:
    """Return the id of a private chat, None for every other; groups have negative ids."""
    found = members(chat)
    number = ident(found.get("id"))
    if number is None or number.startswith("-") or found.get("type", "private") != "private":
        return None
    return number


def _content(message: Mapping[str, object]) -> Content | None:
    match message:
        case {"text": str(text)}:
            return _text(message, words(text))
        case {"sticker": {**drawn}} | {"dice": {**drawn}}:
            return Content(MessageKind.STICKER, words(drawn.get("emoji")))
    for thing, ours in _ATTACHMENTS.items():
        if thing in message:
            return Content(MessageKind.ATTACHMENT, words(message.get("caption")), ours)
    return None


def _text(message: Mapping[str, object], text: str) -> Content:
    start = _START.fullmatch(text)
    # What another person wrote is passed on as words, never as a command.
    if start is None or "forward_date" in message or "forward_origin" in message:
        return Content(MessageKind.TEXT, text)
    return Content(MessageKind.START, start["rest"] or "")


def _edit(message: Mapping[str, object]) -> Content | None:
    """Read the new wording; an edit that is not about words is nothing to us."""
    text = words(message.get("text", message.get("caption")))
    if not text:
        return None
    return Content(MessageKind.EDIT, text, refers_to=ident(message.get("message_id")))


def _joined_group(event_id: str, change: Mapping[str, object]) -> InboundMessage | None:
    """Tell that somebody added the bot to a group or channel; None for everything else."""
    chat = members(change.get("chat"))
    status = members(change.get("new_chat_member")).get("status")
    number = ident(chat.get("id"))
    if number is None or chat.get("type", "private") == "private":
        return None
    if status not in ("member", "administrator", "restricted"):
        return None
    return InboundMessage(
        channel=NAME,
        event_id=event_id,
        account=number,
        address=number,
        kind=MessageKind.GROUP,
        sent_at=moment(change.get("date")),
    )


def _membership(change: Mapping[str, object]) -> Content | None:
    match change:
        case {"new_chat_member": {"status": "kicked"}}:
            return Content(MessageKind.LEAVE)
        case {"new_chat_member": {"status": "member"}}:
            return Content(MessageKind.START)
    return None


def following(update: object) -> int:
    """Return the offset that confirms an update and everything before it."""
    number = ident(members(update).get("update_id"))
    return int(number) + 1 if number is not None and number.isdecimal() else 0

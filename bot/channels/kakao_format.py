"""The JSON of a KakaoTalk skill, as it is read and as it is answered.

Source: https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format
(skill payload, skill response) and .../skill_guide/ai_chatbot_callback_guide (callback URL).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from bot.channels.base import InvalidPayload
from bot.channels.reading import Content, ident, members, words
from bot.messages import MessageKind, QuickReply

TEXT_LIMIT = 1000  # characters of a bubble
FOLD = 400  # characters of a bubble that are seen before "view all"
CARD_LIMIT = 400  # characters of a text card
OUTPUTS = 3  # bubbles and cards in one response
CHOICES = 10  # quick replies in one response
LABEL_LIMIT = 14  # characters of a quick reply's or a button's label
PAYLOAD_LIMIT = 300  # bytes; ours, Kakao states none

Part = Mapping[str, object]
"""A bubble, a card or a quick reply."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A reply in Kakao's words."""

    outputs: tuple[Part, ...]
    choices: tuple[Part, ...] = ()


def bot_of(call: Mapping[str, object], channel: str) -> str:
    """Return the bot a call is for; the development channel's mark "!" is taken away.

    Raises:
        InvalidPayload: the call names no bot.
    """
    named = members(call.get("bot")).get("id")
    if not isinstance(named, str):
        raise InvalidPayload(channel, "bot")
    return named.removesuffix("!")


def is_console_test(call: Mapping[str, object]) -> bool:
    """Tell whether an operator pressed "skill test" in the console: nobody is there."""
    request = members(call.get("userRequest"))
    if members(request.get("user")).get("type") == "accountId":
        return True
    unattended = members(request.get("params")).get("ignoreMe") == "true"
    return unattended and request.get("utterance") == _CONSOLE_WORDS


def person_of(call: Mapping[str, object], channel: str) -> str:
    """Return the botUserKey; every other identifier in the call is left where it is.

    Raises:
        InvalidPayload: nobody is named, so nobody could be answered.
    """
    user = members(members(call.get("userRequest")).get("user"))
    key = members(user.get("properties")).get("botUserKey")
    if key is None and user.get("type", "botUserKey") == "botUserKey":
        key = user.get("id")
    account = ident(key)
    if account is None:
        raise InvalidPayload(channel, "user")
    return account


def content_of(call: Mapping[str, object], channel: str) -> Content:
    """Return what the person said, pressed or sent.

    Raises:
        InvalidPayload: the call holds no utterance.
    """
    action = members(call.get("action"))
    utterance = members(call.get("userRequest")).get("utterance")
    if not isinstance(utterance, str):
        raise InvalidPayload(channel, "utterance")
    payload = words(members(action.get("clientExtra")).get("payload"))
    if 0 < len(payload.encode()) <= PAYLOAD_LIMIT:
        return Content(MessageKind.BUTTON, payload)
    plugin = _through_picture_plugin(action)
    said = [word for word in _BETWEEN.split(utterance) if not _is_picture(word, plugin=plugin)]
    if plugin or len(said) < len(_BETWEEN.split(utterance)):
        # Words beside a picture reach the risk screen; its address goes no further.
        return Content(MessageKind.ATTACHMENT, words(" ".join(said)).strip(), attachment="image")
    if not utterance.strip():  # a welcome block: they opened the room and said nothing
        return Content(MessageKind.START)
    return Content(MessageKind.TEXT, words(utterance))


def callback_of(call: Mapping[str, object], base: httpx.URL) -> str | None:
    """Return the one-use address for a late answer, if it is truly Kakao's.

    The body names the address that we are to post to, so only the scheme, host and port
    of `base` are believed, and no credentials.
    """
    offered = members(call.get("userRequest")).get("callbackUrl")
    if not isinstance(offered, str) or not _URL.fullmatch(offered):
        return None
    try:
        url = httpx.URL(offered)  # the same reader that will post to it
    except (httpx.InvalidURL, ValueError):
        return None
    same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    return offered if same and len(url.path) > 1 else None


def bubble(text: str) -> Part:
    """Return a plain text bubble."""
    return {"simpleText": {"text": text}}


def operator_card(text: str, label: str, reference: str) -> Part:
    """Return a card whose button moves the person to the consultation talk.

    `operator` is known as the action of a card's button only. `extra` is documented for
    `block` and `message`; whether the consultation talk gets it is unconfirmed. If not,
    the talk starts there anew.
    """
    button = {"action": "operator", "label": label, "extra": {"reference": reference}}
    return {"textCard": {"description": text, "buttons": [button]}}


def choices_of(quick_replies: Iterable[QuickReply]) -> tuple[Part, ...]:
    """Return the choices; one that Kakao would refuse must not cost the message."""
    return tuple(
        {
            "action": "message",
            "label": words(choice.label)[:LABEL_LIMIT],
            "messageText": words(choice.label),
            "extra": {"payload": words(choice.payload)},
        }
        for choice in quick_replies
        if words(choice.label).strip() and 0 < len(words(choice.payload).encode()) <= PAYLOAD_LIMIT
    )


def response(shown: Sequence[Shown]) -> Part:
    """Return one response with everything in `shown`, as far as Kakao lets it."""
    outputs = [output for part in shown for output in part.outputs]
    choices: list[Part] = []
    for choice in (choice for part in shown for choice in part.choices):
        if choice not in choices:
            choices.append(choice)
    template: dict[str, object] = {"outputs": outputs[:OUTPUTS]}
    if choices:
        template["quickReplies"] = choices[-CHOICES:]  # the last belong to the latest question
    return {"version": "2.0", "template": template}


def call_back_later(text: str) -> Part:
    """Return the response that keeps the callback URL alive and shows `text` meanwhile."""
    return {"version": "2.0", "useCallback": True, "data": {"text": text}}


_CONSOLE_WORDS = "발화 내용"
_URL = re.compile(  # no "@": no credentials
    r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9_.~:/?=&%!+-]{1,1000}"
)
_BETWEEN = re.compile(r"[\s,]+")
_PICTURE = re.compile(
    # Kakao's own media hosts; any other link is something the person wants to tell.
    r"https?://(?:[a-z0-9-]+\.)*(?:talk\.kakao\.com|kakaocdn\.net)/\S+",
    re.IGNORECASE,
)


def _is_picture(word: str, *, plugin: bool) -> bool:
    return _PICTURE.fullmatch(word) is not None or (plugin and "://" in word)


def _through_picture_plugin(action: Mapping[str, object]) -> bool:
    """Tell whether the secure-image plug-in brought something; its links are not read.

    A parameter is often text that only looks like JSON, so it is searched, not decoded.
    """
    params = members(action.get("params")).values()
    return any("secureUrls" in value for value in params if isinstance(value, str | dict))

"""Telegram, through webhook bodies or getUpdates, and `sendMessage`.

Source: https://core.telegram.org/bots/api (setWebhook, getUpdates, Update, sendMessage).
"""

import contextlib
import hmac
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.channels.base import (
    Capabilities,
    ChannelError,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    TextUnit,
)
from bot.channels.reading import (
    UNKNOWN_TIME,
    Content,
    ident,
    members,
    moment,
    named,
    read_json,
    words,
)
from bot.messages import Headers, InboundMessage, MessageKind, Reply

# Without it the library warns each time Telegram says how long to wait (22.2 and later).
os.environ.setdefault("PTB_TIMEDELTA", "true")

API = "https://api.telegram.org"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 # nosec B105
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What setWebhook and getUpdates must ask for: the updates this file reads."""

NAME = "telegram"


class TelegramChannel:
    """Private chats with one Telegram bot. Groups and channels are ignored.

    With an empty secret no webhook call is believed; that is for polling. The sent time
    of a button press is unknown, because Telegram does not tell it.
    """

    name = NAME
    capabilities = Capabilities(
        text_limit=4096,
        text_unit=TextUnit.UTF16,
        quick_replies=20,  # ours: more does not fit a telephone's screen
        label_limit=64,  # ours: Telegram states none
        payload_limit=64,
    )

    def __init__(self, bot: Bot, secret: str) -> None:
        self._bot = bot
        self._secret = secret.encode()

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one webhook call; see `Channel.parse`."""
        # As bytes: compare_digest raises on a text that is not ASCII.
        shown = headers.get(SECRET_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(shown, self._secret):
            raise InvalidSignature(self.name, "secret_token")
        return self.parse_update(read_json(body, self.name))

    def parse_update(self, update: object) -> Sequence[InboundMessage]:
        """Read one Update, decoded from JSON, whichever way it came.

        Raises:
            InvalidPayload: it is not a JSON object.
        """
        if not isinstance(update, dict):
            raise InvalidPayload(self.name, "update")
        found = _read(update)
        return () if found is None else (named(found),)

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Deliver one reply as plain text; see `Channel.send`.

        Telegram knows no key, so a try whose answer was lost may arrive twice.
        """
        try:
            with _refusals():
                sent = await self._bot.send_message(
                    chat_id=address,
                    text=words(reply.text),
                    reply_markup=_keyboard(reply, self.capabilities),
                    protect_content=True,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
        except KeyError:
            # The library misses a member in Telegram's yes; asking again would send twice.
            return ""
        return str(sent.message_id)

    async def acknowledge(self, message: InboundMessage) -> None:
        """Stop the waiting mark on a pressed button; nothing to do for other messages.

        Raises:
            ChannelError: Telegram did not take it, which costs nothing but the mark.
        """
        if message.kind is not MessageKind.BUTTON or message.reply_token is None:
            return
        with _refusals(), contextlib.suppress(KeyError):
            await self._bot.answer_callback_query(message.reply_token)

    async def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        await self._bot.request.shutdown()


class TelegramPoller:
    """Fetches updates, for a developer whose machine has no public address."""

    def __init__(self, channel: TelegramChannel, client: httpx.AsyncClient) -> None:
        self._channel = channel
        self._client = client
        self._offset = 0

    async def updates(self) -> AsyncIterator[Sequence[InboundMessage]]:
        """Yield what came, delivery by delivery, forever.

        A delivery is confirmed to Telegram when the next one is asked for, so store it
        before. After an error, call this again: it goes on from the last confirmed one.

        Raises:
            TemporarySendError: Telegram could not be asked; wait `retry_after` seconds.
        """
        while True:
            fetched = await self._fetch()
            yield [message for update in fetched for message in self._read(update)]
            self._offset = max([self._offset, *map(_following, fetched)])

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def _fetch(self) -> Sequence[object]:
        asked = {
            "offset": self._offset,
            "timeout": _LONG_POLL,
            "allowed_updates": ALLOWED_UPDATES,
        }
        try:
            answer = await self._client.post("getUpdates", json=asked)
        except httpx.HTTPError:
            raise TemporarySendError(NAME, "network", 5.0) from None
        if answer.status_code != httpx.codes.OK:
            raise TemporarySendError(NAME, f"polling_{answer.status_code}", _MISCONFIGURED)
        try:
            match read_json(answer.content, NAME):
                case {"result": [*fetched]}:
                    return fetched
        except InvalidPayload:
            pass
        raise TemporarySendError(NAME, "answer", 5.0)

    def _read(self, update: object) -> Sequence[InboundMessage]:
        try:
            return self._channel.parse_update(update)
        except InvalidPayload:
            return ()  # one odd update never holds up the others


def make_telegram(
    token: str, secret: str, api_base: str | None = None, *, timeout: float = 5.0
) -> TelegramChannel:
    """Build the channel; nothing is called before the first message leaves.

    Args:
        token: from BotFather.
        secret: the `secret_token` of setWebhook; "" when polling.
        api_base: scheme and host of a Bot API server, None for Telegram's own.
        timeout: seconds for each of connecting, writing, reading and waiting for a connection.
    """
    request = HTTPXRequest(
        connection_pool_size=16,
        connect_timeout=timeout,
        read_timeout=timeout,
        write_timeout=timeout,
        pool_timeout=timeout,
    )
    base = f"{(api_base or API).rstrip('/')}/bot"
    bot = Bot(token, base_url=base, request=request, get_updates_request=request)
    return TelegramChannel(bot, secret)


def make_poller(
    channel: TelegramChannel, token: str, api_base: str | None = None
) -> TelegramPoller:
    """Build the poller that feeds `channel`'s reader."""
    base = f"{(api_base or API).rstrip('/')}/bot{token}/"
    return TelegramPoller(channel, httpx.AsyncClient(base_url=base, timeout=_LONG_POLL + 10))


_LONG_POLL = 25  # seconds Telegram may hold a request without news
_MISCONFIGURED = 60.0  # seconds; someone must repair our token or webhook first
_TEMPORARY: Sequence[tuple[type[TelegramError], str, float]] = (
    (InvalidToken, "token", _MISCONFIGURED),
    (Conflict, "conflict", _MISCONFIGURED),
    (TimedOut, "timeout", 1.0),
    (NetworkError, "network", 1.0),
)
"""The library's error, our code, seconds to wait; the first that fits counts."""

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


def _read(update: Mapping[str, object]) -> InboundMessage | None:
    event_id = ident(update.get("update_id")) or ""
    match update:
        case {"message": dict(message)}:
            return _message(event_id, message, _content(message))
        case {"edited_message": dict(message)}:
            return _message(event_id, message, _edit(message))
        case {"callback_query": dict(query)}:
            return _press(event_id, query)
        case {"my_chat_member": dict(change)}:
            return _message(event_id, change, _membership(change))
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


def _membership(change: Mapping[str, object]) -> Content | None:
    match change:
        case {"new_chat_member": {"status": "kicked"}}:
            return Content(MessageKind.LEAVE)
        case {"new_chat_member": {"status": "member"}}:
            return Content(MessageKind.START)
    return None


def _following(update: object) -> int:
    number = ident(members(update).get("update_id"))
    return int(number) + 1 if number is not None and number.isdecimal() else 0


def _keyboard(reply: Reply, limits: Capabilities) -> InlineKeyboardMarkup | None:
    """One button a row; a choice that Telegram would refuse must not cost the message."""
    buttons = [
        InlineKeyboardButton(words(choice.label), callback_data=words(choice.payload))
        for choice in reply.quick_replies
        if choice.label and 0 < len(words(choice.payload).encode()) <= limits.payload_limit
    ]
    shown = buttons[: limits.quick_replies]
    return InlineKeyboardMarkup.from_column(shown) if shown else None


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """Raise our errors in place of the library's, around one call."""
    try:
        yield
    except TelegramError as error:
        raise _sorted(error) from None
    except (AttributeError, TypeError):
        # The library trips over JSON that is no object, as a proxy may answer.
        raise TemporarySendError(NAME, "answer") from None


def _sorted(error: TelegramError) -> ChannelError:
    """Turn the library's error into ours. BadRequest is a NetworkError there: order matters."""
    if isinstance(error, Forbidden) or _names_nobody(error):
        return RecipientGone(NAME, "gone")
    if isinstance(error, BadRequest | ChatMigrated):
        return PermanentSendError(NAME, "bad_request")
    if isinstance(error, RetryAfter):
        return TemporarySendError(NAME, "rate_limit", _seconds(error.retry_after))
    for family, code, pause in _TEMPORARY:
        if isinstance(error, family):
            return TemporarySendError(NAME, code, pause)
    return TemporarySendError(NAME, "answer")


def _names_nobody(error: TelegramError) -> bool:
    """Whether a refusal says that there is no such chat (seen, not documented, texts)."""
    text = error.message.lower()
    return isinstance(error, BadRequest) and any(
        sign in text for sign in ("chat not found", "user not found", "peer_id_invalid")
    )


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)

"""Telegram, through webhook bodies or getUpdates, and `sendMessage`.

Source: https://core.telegram.org/bots/api (setWebhook, getUpdates, Update, sendMessage).
"""

import contextlib
import hmac
import os
from collections.abc import Iterator, Sequence
from datetime import timedelta

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
    Checkup,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    TextUnit,
)
from bot.channels.reading import (
    choices_that_fit,
    named,
    read_json,
    words,
)
from bot.channels.telegram.updates import NAME, read
from bot.messages import Headers, InboundMessage, MessageKind, Reply

# Without it the library warns each time Telegram says how long to wait (22.2 and later).
os.environ.setdefault("PTB_TIMEDELTA", "true")

API = "https://api.telegram.org"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 # nosec B105
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What setWebhook and getUpdates must ask for: the updates this file reads."""


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
        per_second=20,  # Telegram refuses beyond about 30 a second in all
        burst=10,
    )

    def __init__(self, bot: Bot, secret: str, *, group_refusal: str = "") -> None:
        self._bot = bot
        self._secret = secret.encode()
        self._group_refusal = group_refusal

    def use(self, group_refusal: str) -> None:
        """Say something else from now on before a group is left."""
        self._group_refusal = group_refusal

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
        found = read(update)
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
        """Stop the waiting mark on a pressed button, or leave a group that added the bot.

        Raises:
            ChannelError: Telegram did not take it, which costs nothing but the mark.
        """
        with _refusals(), contextlib.suppress(KeyError):
            if message.kind is MessageKind.GROUP:
                await self._refuse_group(message.address)
            elif message.kind is MessageKind.BUTTON and message.reply_token is not None:
                await self._bot.answer_callback_query(message.reply_token)

    async def _refuse_group(self, chat: str) -> None:
        """Say once that talks are private, and go: nothing a group says is ever read."""
        if self._group_refusal:
            await self._bot.send_message(chat_id=chat, text=self._group_refusal)
        await self._bot.leave_chat(chat_id=chat)

    async def check(self, webhook: str) -> Checkup:
        """Ask Telegram for its webhook; see `Checkable.check`."""
        try:
            with _refusals():
                info = await self._bot.get_webhook_info()
        except TemporarySendError as error:
            if error.code != "token":
                raise
            return Checkup(token=False, webhook=None, note="take the token from BotFather again")
        if info.url != webhook:
            return Checkup(token=True, webhook=False, note="call setWebhook with this address")
        if info.last_error_date is not None and info.pending_update_count:
            return Checkup(token=True, webhook=False, note="Telegram cannot deliver; see its error")
        return Checkup(token=True, webhook=True)

    async def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        await self._bot.request.shutdown()


def make_telegram(
    token: str,
    secret: str,
    api_base: str | None = None,
    *,
    group_refusal: str = "",
    timeout: float = 5.0,
) -> TelegramChannel:
    """Build the channel; nothing is called before the first message leaves.

    Args:
        token: from BotFather.
        secret: the `secret_token` of setWebhook; "" when polling.
        api_base: scheme and host of a Bot API server, None for Telegram's own.
        group_refusal: what the bot says before it leaves a group; "": nothing.
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
    return TelegramChannel(bot, secret, group_refusal=group_refusal)


MISCONFIGURED = 60.0  # seconds; someone must repair our token or webhook first
_TEMPORARY: Sequence[tuple[type[TelegramError], str, float]] = (
    (InvalidToken, "token", MISCONFIGURED),
    (Conflict, "conflict", MISCONFIGURED),
    (TimedOut, "timeout", 1.0),
    (NetworkError, "network", 1.0),
)
"""The library's error, our code, seconds to wait; the first that fits counts."""


def _keyboard(reply: Reply, limits: Capabilities) -> InlineKeyboardMarkup | None:
    """One button a row."""
    shown = [
        InlineKeyboardButton(choice.label, callback_data=choice.payload)
        for choice in choices_that_fit(reply, limits)
    ]
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

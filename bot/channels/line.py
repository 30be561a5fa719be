"""LINE, through webhook batches and push messages.

Source: https://developers.line.biz/en/reference/messaging-api/ (webhook events, push
message, retry key, quick reply).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress

import aiohttp
from linebot.v3.messaging import (  # type: ignore[import-untyped]  # the SDK ships no types
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    Configuration,
    PostbackAction,
    PushMessageRequest,
    QuickReply,
    QuickReplyItem,
    ReplyMessageRequest,
    TextMessage,
)
from pydantic.v1 import ValidationError

from bot.channels.base import (
    Capabilities,
    ChannelError,
    Checkup,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    TemporarySendError,
)
from bot.channels.line_limits import LIMITS
from bot.channels.reading import (
    Content,
    choices_that_fit,
    ident,
    members,
    moment,
    named,
    read_json,
    words,
)
from bot.messages import Headers, InboundMessage, MessageKind, Reply

SIGNATURE_HEADER = "x-line-signature"
API = "https://api.line.me"
NAME = "line"


class LineChannel:
    """One-to-one talks with one LINE Official Account. Groups and rooms are ignored.

    A push to someone who blocked the account is answered like any other, so LINE never
    tells on sending that a person is gone; the unfollow event does.
    """

    name = NAME
    capabilities = LIMITS

    def __init__(
        self, secret: str, configuration: Configuration, timeout: aiohttp.ClientTimeout
    ) -> None:
        self._secret = secret.encode()
        self._configuration = configuration
        self._timeout = timeout
        self._client: AsyncApiClient | None = None

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one webhook call, event by event; see `Channel.parse`."""
        proof = base64.b64encode(hmac.digest(self._secret, body, hashlib.sha256))
        shown = headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(shown, proof):
            raise InvalidSignature(self.name, "signature")
        match read_json(body, self.name):
            case {"events": [*events]}:
                found = (_read(members(event)) for event in events)
                return tuple(named(message) for message in found if message is not None)
        raise InvalidPayload(self.name, "events")

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Deliver one reply; see `Channel.send`. A repeat under the same key is not shown twice.

        A fresh reply token is used first: it costs nothing of the month's quota. A token that
        LINE does not take any more is no failure, the message is pushed then.
        """
        if reply.reply_token is not None:
            with suppress(PermanentSendError):
                return await self._call(_answer(reply, self.capabilities), None)
        return await self._call(_request(address, reply, self.capabilities), key)

    async def _call(
        self, request: PushMessageRequest | ReplyMessageRequest, key: str | None
    ) -> str:
        api = AsyncMessagingApi(self._connection())
        try:
            if isinstance(request, ReplyMessageRequest):
                answer = await api.reply_message(request, _request_timeout=self._timeout)
            else:
                answer = await api.push_message(request, key, _request_timeout=self._timeout)
        except ApiException as error:
            if error.status == _ALREADY_SENT:
                return ""
            raise _sorted(error.status, str(error.body)) from None
        except ValidationError:
            return ""  # taken; only LINE's yes has a shape the SDK does not know
        except TimeoutError:
            raise TemporarySendError(self.name, "timeout") from None
        except aiohttp.ClientError:
            raise TemporarySendError(self.name, "network") from None
        except UnicodeDecodeError:
            raise TemporarySendError(self.name, "answer") from None
        return ident(answer.sent_messages[0].id) or ""

    async def check(self, webhook: str) -> Checkup:
        """Ask LINE for its webhook; see `Checkable.check`."""
        api = AsyncMessagingApi(self._connection())
        try:
            found = await api.get_webhook_endpoint(_request_timeout=self._timeout)
        except ApiException as error:
            if error.status in (401, 403):
                return Checkup(token=False, webhook=None, note="issue the channel token again")
            if error.status == 404:
                return Checkup(token=True, webhook=False, note="set the webhook in the console")
            raise _sorted(error.status, "") from None
        except (TimeoutError, aiohttp.ClientError):
            raise TemporarySendError(self.name, "network") from None
        if found.endpoint != webhook:
            return Checkup(token=True, webhook=False, note="set this address in the console")
        if not found.active:
            return Checkup(token=True, webhook=False, note="switch 'Use webhook' on")
        return Checkup(token=True, webhook=True)

    async def close(self) -> None:
        """Close the connections; the next message would open new ones."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connection(self) -> AsyncApiClient:
        """Open the client at the first message: it needs the running event loop."""
        if self._client is None:
            self._client = AsyncApiClient(self._configuration)
        return self._client


def make_line(
    secret: str, token: str, api_base: str | None = None, *, timeout: float = 15.0
) -> LineChannel:
    """Build the channel; nothing is called before the first message leaves.

    Args:
        secret: the channel secret that signs webhook calls.
        token: a channel access token.
        api_base: scheme and host that stand for LINE's, None for LINE's own.
        timeout: seconds for a whole push, connecting included.
    """
    configuration = Configuration(access_token=token, host=(api_base or API).rstrip("/"))
    return LineChannel(secret, configuration, aiohttp.ClientTimeout(total=timeout))


_ALREADY_SENT = 409  # the retry key was used: an earlier try arrived
_MISCONFIGURED = 60.0  # seconds; someone must repair our token first
_QUOTA = 3600.0  # seconds; the month's messages are used up, only an operator can help
_CHANGES = {"follow": MessageKind.START, "unfollow": MessageKind.LEAVE}
_ATTACHMENTS = frozenset({"image", "video", "audio", "file", "location"})


def _read(event: Mapping[str, object]) -> InboundMessage | None:
    source = members(event.get("source"))
    account = ident(source.get("userId"))
    content = _content(event)
    if account is None or content is None or source.get("type", "user") != "user":
        return None
    if event.get("mode") == "standby":  # another system has the word
        return None
    message_id = ident(members(event.get("message")).get("id"))
    return InboundMessage(
        channel=NAME,
        event_id=_event_id(ident(event.get("webhookEventId")), message_id),
        account=account,
        address=account,
        kind=content.kind,
        sent_at=moment(event.get("timestamp"), per_second=1000),
        text=content.text,
        attachment=content.attachment,
        message_id=message_id,
        refers_to=content.refers_to,
        reply_token=ident(event.get("replyToken")),
    )


def _event_id(delivery: str | None, message_id: str | None) -> str:
    """Name a delivery; the message's id too, because a lost message is worse than a double."""
    if delivery is None:
        return ""
    return f"{delivery}/{message_id}" if message_id else delivery


def _content(event: Mapping[str, object]) -> Content | None:
    match event:
        case {"type": "message", "message": dict(message)}:
            return _said(message)
        case {"type": "messageEdited", "message": {"id": edited, "text": str(text)}}:
            return Content(MessageKind.EDIT, words(text), refers_to=ident(edited))
        case {"type": "unsend", "unsend": {"messageId": erased}} if ident(erased):
            return Content(MessageKind.UNSEND, refers_to=ident(erased))
        case {"type": "postback", "postback": {"data": str(data)}} if data:
            return Content(MessageKind.BUTTON, words(data))
        case {"type": "follow" | "unfollow" as change}:
            return Content(_CHANGES[change])
    return None


def _said(message: Mapping[str, object]) -> Content | None:
    match message:
        case {"type": "text", "text": str(text)}:
            return Content(MessageKind.TEXT, words(text))
        case {"type": "sticker"}:
            # Words drawn into it. LINE's `keywords` are LINE's, not the person's.
            return Content(MessageKind.STICKER, words(message.get("text")))
        case {"type": str(thing)} if thing in _ATTACHMENTS:
            return Content(MessageKind.ATTACHMENT, attachment=thing)
    return None


def _request(address: str, reply: Reply, limits: Capabilities) -> PushMessageRequest:
    try:
        return PushMessageRequest(to=address, messages=[_message(reply, limits)])
    except ValidationError:
        raise PermanentSendError(NAME, "message") from None


def _answer(reply: Reply, limits: Capabilities) -> ReplyMessageRequest:
    try:
        return ReplyMessageRequest(replyToken=reply.reply_token, messages=[_message(reply, limits)])
    except ValidationError:
        raise PermanentSendError(NAME, "message") from None


def _message(reply: Reply, limits: Capabilities) -> TextMessage:
    return TextMessage(text=words(reply.text), quickReply=_choices(reply, limits))


def _choices(reply: Reply, limits: Capabilities) -> QuickReply | None:
    shown = [
        QuickReplyItem(
            action=PostbackAction(label=choice.label, data=choice.payload, displayText=choice.label)
        )
        for choice in choices_that_fit(reply, limits)
    ]
    return QuickReply(items=shown) if shown else None


def _sorted(status: int, answer: str) -> ChannelError:
    """Turn LINE's refusal into ours.

    Source: the reference's page on status codes; 429 is a rate or the month's quota, and
    only its sentence tells which ("You have reached your monthly limit.").
    """
    if status == 429 and "monthly" in answer.lower():
        return TemporarySendError(NAME, "quota", _QUOTA)
    if status == 429:
        return TemporarySendError(NAME, "rate_limit", 5.0)
    if status in (401, 403, 404):
        return TemporarySendError(NAME, "token", _MISCONFIGURED)
    if 400 <= status < 500 and status != 408:
        return PermanentSendError(NAME, "bad_request")
    return TemporarySendError(NAME, "provider")

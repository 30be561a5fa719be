"""KakaoTalk consultation talk (상담톡), through a dealer's webhooks and its /chat/write.

Source: https://mbi-developer-center.happytalk.io/kakaotalk_webhook/ (message, reference and
expired_session as received; chat/write; table of codes), the dealer whose pages are public.
Other dealers pass on the same calls of Kakao.
"""

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx

from bot.channels.base import (
    Capabilities,
    ChannelError,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    TextUnit,
    WindowClosed,
)
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

KEY_HEADER = "x-gyeot-consult-key"
ENDPOINT_HEADER = ":endpoint"
"""Which of our three addresses was called; no HTTP request can carry a header of this name."""

NAME = "kakao-consult"


class KakaoConsultChannel:
    """Consultation talks of one dealer's contract, for any number of KakaoTalk channels.

    Account and address are "sender_key/user_key": a user_key means one person within one
    KakaoTalk channel, and an answer needs both.
    """

    name = NAME
    capabilities = Capabilities(
        text_limit=1000,
        text_unit=TextUnit.CHARACTERS,
        quick_replies=5,
        label_limit=14,  # the dealer's page: 28, a Hangul syllable being two
        payload_limit=100,
        push_window=timedelta(days=30),
        idempotent=True,
    )

    def __init__(self, key: str, http: httpx.AsyncClient, timeout: float) -> None:
        self._key = key.encode()
        self._http = http
        self._timeout = timeout

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one call to the address named by `ENDPOINT_HEADER`; see `Channel.parse`."""
        shown = headers.get(KEY_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._key or not hmac.compare_digest(shown, self._key):
            raise InvalidSignature(NAME, "consult_key")
        call = read_json(body, NAME)
        if not isinstance(call, dict):
            raise InvalidPayload(NAME, "update")
        content = _content(headers.get(ENDPOINT_HEADER, ""), call)
        return () if content is None else (_inbound(call, content),)

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Write into the open session; see `Channel.send`. A repeat under one key is dropped.

        Raises:
            WindowClosed: the session is over; the person must write again first.
        """
        sender, _, user = address.partition("/")
        serial = key.replace("-", "")[-_SERIAL:]
        to = {"user_key": user, "sender_key": sender, "serial_number": serial}
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._http.post(
                    "chat/write", json=to | _said(reply, self.capabilities)
                )
        except (TimeoutError, httpx.TimeoutException):
            raise TemporarySendError(NAME, "timeout") from None
        except httpx.HTTPError:
            raise TemporarySendError(NAME, "network") from None
        return _settled(answer, serial)

    async def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        await self._http.aclose()


def make_kakao_consult(
    key: str, token: str, api_base: str, *, timeout: float = 15.0
) -> KakaoConsultChannel:
    """Build the channel; nothing is called before the first message leaves.

    Args:
        key: what our own proxy or the dealer sends in the header `X-Gyeot-Consult-Key`.
        token: the dealer's bearer token, or "id:secret" for HappyTalk's pair of headers.
        api_base: the dealer's address up to "/chat/write", version included.
        timeout: seconds for a whole call.
    """
    http = httpx.AsyncClient(
        base_url=api_base, headers=_credentials(token), timeout=timeout, follow_redirects=False
    )
    return KakaoConsultChannel(key, http, timeout)


_SERIAL = 30  # characters that a serial number may have; a UUID's last 30 digits stay unique
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{8,128}")
_MISCONFIGURED = 60.0  # seconds; someone must repair our contract, profile or token first
_ATTACHMENTS = {"photo": "image", "video": "video", "audio": "audio", "file": "file"}
_TAKEN = -504  # the serial number was used: an earlier try arrived


def _credentials(token: str) -> dict[str, str]:
    client, colon, secret = token.partition(":")
    if colon:
        return {"HT-Client-Id": client, "HT-Client-Secret": secret}
    return {"Authorization": f"Bearer {token}"}


def _inbound(call: Mapping[str, object], content: Content) -> InboundMessage:
    account, session = _account(call), ident(call.get("session_id"))
    serial = ident(call.get("serial_number"))
    return named(
        InboundMessage(
            channel=NAME,
            event_id=f"{session}/{serial}" if session and serial else "",
            account=account,
            address=account,
            kind=content.kind,
            sent_at=moment(call.get("time"), per_second=1000),
            text=content.text,
            attachment=content.attachment,
            # The session tells two otherwise equal openings apart.
            message_id=serial or session,
            refers_to=content.refers_to,
        )
    )


def _account(call: Mapping[str, object]) -> str:
    sender, user = ident(call.get("sender_key")), ident(call.get("user_key"))
    if sender is None or user is None or "/" in sender:
        raise InvalidPayload(NAME, "user")
    return f"{sender}/{user}"


def _content(endpoint: str, call: Mapping[str, object]) -> Content | None:
    """Read what happened; None for a kind of message that is not known yet.

    Raises:
        InvalidPayload: this is not one of our addresses.
    """
    match endpoint:
        case "message":
            return _written(call)
        case "reference":
            reference = _reference(call.get("reference"))
            kind = MessageKind.START if reference is None else MessageKind.JOIN
            return Content(kind, refers_to=reference)
        case "expired_session":
            return Content(MessageKind.LEAVE)
    raise InvalidPayload(NAME, "endpoint")


def _written(call: Mapping[str, object]) -> Content | None:
    kind, text = call.get("type"), words(call.get("content"))
    payload = words(call.get("extra"))
    if kind == "text" and payload:
        return Content(MessageKind.BUTTON, payload)
    if kind == "text" and call.get("attachment"):
        # Over 1,000 characters: the whole is behind a link that we do not follow.
        return Content(MessageKind.ATTACHMENT, text, attachment="long_text")
    if kind == "text":
        return Content(MessageKind.TEXT, text)
    if isinstance(kind, str) and kind in _ATTACHMENTS:
        caption = "" if "://" in text else text
        return Content(MessageKind.ATTACHMENT, caption, attachment=_ATTACHMENTS[kind])
    return None


def _reference(meta: object) -> str | None:
    """Return the reference that the skill's button carried, if it looks like one of ours.

    Only this opening's own meta data counts: `last_reference` belongs to an earlier talk.
    """
    extra = members(meta).get("extra") if isinstance(meta, dict) else meta
    if isinstance(extra, str) and extra.startswith("{"):
        try:
            extra = read_json(extra.encode("utf-8", "replace"), NAME)
        except InvalidPayload:
            return None
    if isinstance(extra, dict):
        extra = extra.get("reference")
    return extra if isinstance(extra, str) and _REFERENCE.fullmatch(extra) else None


def _said(reply: Reply, limits: Capabilities) -> dict[str, object]:
    """Write a reply as the dealer wants it; a press sends the button's name and its `extra`."""
    links = [
        {"type": "BK", "name": choice.label, "extra": choice.payload}
        for choice in choices_that_fit(reply, limits)
    ]
    if not links:
        return {"message_type": "TX", "message": words(reply.text)}
    return {"message_type": "LI", "message": words(reply.text), "links": links}


def _settled(answer: httpx.Response, serial: str) -> str:
    """Return the message's id, "" where the dealer gave no word of it.

    Raises:
        ChannelError: the dealer refused.
    """
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        told = None
    code = members(told).get("code")
    if answer.is_success and not isinstance(told, dict):  # asking again costs nothing
        raise TemporarySendError(NAME, "answer")
    if answer.is_success and code is None:
        return ""
    if code in (0, _TAKEN):
        return serial if code == 0 else ""
    raise _refused(code) or _by_status(answer.status_code)


def _refused(code: object) -> ChannelError | None:
    """Turn the dealer's code into our error. Source: its table of codes."""
    if code == -502:
        return WindowClosed(NAME, "no_session")
    if code == -511:
        return RecipientGone(NAME, "gone")
    if code in (-503, -505, -506, -509, -510):
        return PermanentSendError(NAME, "bad_request")
    if code in (-400, -500, -501, -507, -508, -512):  # key, profile or contract
        return TemporarySendError(NAME, "contract", _MISCONFIGURED)
    return TemporarySendError(NAME, "provider") if code in (-600, -601) else None


def _by_status(status: int) -> ChannelError:
    if status == 429:
        return TemporarySendError(NAME, "rate_limit", 5.0)
    if status in (401, 403, 404):
        return TemporarySendError(NAME, "contract", _MISCONFIGURED)
    if 400 <= status < 500 and status != 408:
        return PermanentSendError(NAME, "bad_request")
    return TemporarySendError(NAME, "provider")

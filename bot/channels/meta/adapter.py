"""Messenger and Instagram, through Meta's webhooks and its Send API.

Source: https://developers.facebook.com/documentation/business-messaging/ (messenger-platform
and instagram-messaging: webhook events, send messages, quick replies, message tags, error
codes). What was not found there is marked [M] in docs/channels/messenger.md.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx

from bot.channels.base import (
    Capabilities,
    Challenge,
    ChannelError,
    Checkup,
    InvalidPayload,
    InvalidSignature,
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
    TextUnit,
    WindowClosed,
)
from bot.channels.meta.events import events, read
from bot.channels.reading import (
    choices_that_fit,
    ident,
    named,
    read_json,
    words,
)
from bot.messages import Headers, InboundMessage, Origin, Reply

SIGNATURE_HEADER = "x-hub-signature-256"
VERSION = "v25.0"  # of the Graph API; Meta keeps each for about two years
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Product:
    """One of Meta's places to write from, as far as it differs from the other."""

    name: str
    subject: str  # what its deliveries call themselves in `object`
    api: str  # scheme and host
    capabilities: Capabilities


MESSENGER = Product(
    name="messenger",
    subject="page",
    api="https://graph.facebook.com",
    capabilities=Capabilities(
        text_limit=2000,
        text_unit=TextUnit.CHARACTERS,
        quick_replies=13,
        label_limit=20,
        payload_limit=1000,
        push_window=DAY,
        human_window=WEEK,
        erasable=True,
        per_second=10.0,  # ours; Meta allows a Page 300 calls a second
        burst=10,
    ),
)
INSTAGRAM = Product(
    name="instagram",
    subject="instagram",
    api="https://graph.instagram.com",
    capabilities=Capabilities(
        text_limit=1000,
        text_unit=TextUnit.BYTES,
        quick_replies=13,
        label_limit=20,
        payload_limit=1000,
        push_window=DAY,
        human_window=WEEK,
        erasable=True,
        per_second=10.0,  # ours, as above
        burst=10,
    ),
)


class MetaChannel:
    """One-to-one talks with one Facebook Page or one Instagram professional account.

    Meta knows no key that makes a repeat harmless, so a try whose answer was lost may
    arrive twice. It tells of a block only by refusing the next message.
    """

    def __init__(
        self, product: Product, *, app_secret: str, verify_token: str, http: httpx.AsyncClient
    ) -> None:
        """`http` carries the base URL, the access token and the time-outs."""
        self.name = product.name
        self.capabilities = product.capabilities
        self._subject = product.subject
        self._secret = app_secret.encode()
        self._verify_token = verify_token.encode()
        self._http = http

    def handshake(self, query: Mapping[str, str]) -> Challenge:
        """Repeat the challenge to whoever knows the verify token; see `Handshake`."""
        shown = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
        known = bool(self._verify_token) and hmac.compare_digest(shown, self._verify_token)
        if not known or query.get("hub.mode") != "subscribe":
            raise InvalidSignature(self.name, "verify_token")
        if not query.get("hub.challenge"):
            raise InvalidPayload(self.name, "challenge")
        return Challenge(query["hub.challenge"])

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one delivery, entry by entry and event by event; see `Channel.parse`."""
        proof = f"sha256={hmac.digest(self._secret, body, hashlib.sha256).hex()}".encode()
        shown = headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(shown, proof):
            raise InvalidSignature(self.name, "signature")
        match read_json(body, self.name):
            case {"object": self._subject, "entry": [*entries]}:
                found = (read(self.name, *event) for entry in entries for event in events(entry))
                return tuple(named(message) for message in found if message is not None)
            case {"object": str(other)} if other != self._subject:
                return ()
        raise InvalidPayload(self.name, "events")

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Send one reply while a window is open; see `Channel.send`.

        Raises:
            WindowClosed: too long ago that they wrote; nothing was asked of Meta.
        """
        asked = {
            "recipient": {"id": address},
            **self._purpose(reply),
            "message": _message(reply, self.capabilities),
        }
        try:
            answer = await self._http.post("me/messages", json=asked)
        except httpx.TimeoutException:
            raise TemporarySendError(self.name, "timeout") from None
        except httpx.HTTPError:
            raise TemporarySendError(self.name, "network") from None
        return self._read_answer(answer)

    async def check(self, webhook: str) -> Checkup:
        """Ask Meta which events our app gets; see `Checkable.check`.

        The address itself is shown to the app's owner only, not to this token.
        """
        try:
            answer = await self._http.get("me/subscribed_apps")
            told = read_json(answer.content, self.name)
        except (httpx.HTTPError, InvalidPayload):
            raise TemporarySendError(self.name, "network") from None
        match told:
            case {"error": {"code": 190}}:
                return Checkup(token=False, webhook=None, note="make a new access token")
            case {"data": [*apps]} if any("messages" in str(app) for app in apps):
                return Checkup(token=True, webhook=None, note="compare the address in the app")
            case {"data": [*_]}:
                return Checkup(token=True, webhook=False, note="subscribe to the field messages")
        raise TemporarySendError(self.name, "answer")

    async def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        await self._http.aclose()

    def _purpose(self, reply: Reply) -> Mapping[str, str]:
        """Tell Meta why we may write: the tag is for a person's words after the day."""
        passed = reply.after or timedelta(0)
        if passed <= DAY:
            return {"messaging_type": "RESPONSE"}
        if passed <= WEEK and reply.origin is Origin.COUNSELOR:
            return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        raise WindowClosed(self.name, "window")

    def _read_answer(self, answer: httpx.Response) -> str:
        try:
            told = read_json(answer.content, self.name)
        except InvalidPayload:
            told = None
        match told:
            case {"error": dict(error)}:
                raise _sorted(self.name, answer.status_code, error)
            case dict(taken) if answer.is_success:
                return ident(taken.get("message_id")) or ""
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise TemporarySendError(self.name, "rate_limit", _PAUSES["rate_limit"])
        # Not in Meta's words: a proxy between us, or an outage. The message is still good.
        raise TemporarySendError(self.name, "answer")


def make_messenger(
    app_secret: str,
    verify_token: str,
    token: str,
    api_base: str | None = None,
    *,
    timeout: float = 10.0,
) -> MetaChannel:
    """Build the Messenger channel; nothing is called before the first message leaves.

    Args:
        app_secret: of the Meta app; it signs every delivery.
        verify_token: ours, repeated by Meta when the webhook is registered.
        token: a Page access token.
        api_base: scheme and host that stand for Meta's, None for Meta's own.
        timeout: seconds for each of connecting, writing, reading and waiting for a connection.
    """
    return _make(MESSENGER, app_secret, verify_token, token, api_base, timeout)


def make_instagram(
    app_secret: str,
    verify_token: str,
    token: str,
    api_base: str | None = None,
    *,
    timeout: float = 10.0,
) -> MetaChannel:
    """Build the Instagram channel; nothing is called before the first message leaves.

    Args:
        app_secret: the Instagram app secret (Instagram Login), or the Meta app's when the
            account hangs on a Page; it signs every delivery.
        verify_token: ours, repeated by Meta when the webhook is registered.
        token: an Instagram access token, or a Page access token.
        api_base: scheme and host that stand for Instagram's; https://graph.facebook.com for
            an account that hangs on a Page.
        timeout: seconds for each of connecting, writing, reading and waiting for a connection.
    """
    return _make(INSTAGRAM, app_secret, verify_token, token, api_base, timeout)


_BY_SUBCODE = {
    **dict.fromkeys(("2018278", "2534022", "2018065"), "window"),  # Messenger, Instagram, earlier
    # nobody there; not receiving messages; not available; nobody there on Instagram
    **dict.fromkeys(("2018001", "2018108", "1545041", "2534014"), "gone"),
}
_BY_CODE = {
    "551": "gone",
    **dict.fromkeys(("102", "190"), "token"),
    **dict.fromkeys(("4", "17", "32", "613", "80002", "80006"), "rate_limit"),
    **dict.fromkeys(("3", "10", *map(str, range(200, 300))), "permission"),
    **dict.fromkeys(("1", "2", "1200"), "provider"),
}
"""Meta's refusals to our codes; a subcode says more than its code."""

_FINAL = {"window": WindowClosed, "gone": RecipientGone, "bad_request": PermanentSendError}
_PAUSES = {"token": 60.0, "permission": 60.0, "rate_limit": 30.0, "provider": 5.0}  # nosec B105
"""Seconds to wait, ours: somebody must repair something, or Meta names no time."""


def _make(
    product: Product,
    app_secret: str,
    verify_token: str,
    token: str,
    api_base: str | None,
    timeout: float,
) -> MetaChannel:
    http = httpx.AsyncClient(
        base_url=f"{(api_base or product.api).rstrip('/')}/{VERSION}/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
        follow_redirects=False,
    )
    return MetaChannel(product, app_secret=app_secret, verify_token=verify_token, http=http)


def _message(reply: Reply, limits: Capabilities) -> Mapping[str, object]:
    shown = [
        {"content_type": "text", "title": choice.label, "payload": choice.payload}
        for choice in choices_that_fit(reply, limits)
    ]
    return {"text": words(reply.text)} | ({"quick_replies": shown} if shown else {})


def _sorted(channel: str, status: int, error: Mapping[str, object]) -> ChannelError:
    """Turn Meta's refusal into ours, by its subcode, its code, or what is left."""
    code = _BY_SUBCODE.get(ident(error.get("error_subcode")) or "")
    code = code or _BY_CODE.get(ident(error.get("code")) or "") or _unnamed(status, error)
    if code in _PAUSES:
        return TemporarySendError(channel, code, _PAUSES[code])
    return _FINAL[code](channel, code)


def _unnamed(status: int, error: Mapping[str, object]) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "rate_limit"
    return "provider" if status >= 500 or error.get("is_transient") is True else "bad_request"

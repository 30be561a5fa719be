"""X direct messages, through account webhooks of either generation and the v2 API.

Source: https://docs.x.com/ (webhooks and their challenge, Account Activity, X Activity,
Direct Messages, rate limits, response codes).
"""

import base64
import hashlib
import hmac
import html
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

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

SIGNATURE_HEADER = "x-twitter-webhooks-signature"
API = "https://api.x.com"
NAME = "x"
ENCRYPTED = "encrypted"
"""The `attachment` of a message in X Chat, whose words only X's own keys can open."""


class XChannel:
    """One-to-one direct messages with one X account.

    X knows no key that makes a repeat harmless, so a try whose answer was lost may arrive
    twice. Profiles come with every message and are never read.
    """

    name = NAME
    capabilities = Capabilities(
        text_limit=10_000,
        text_unit=TextUnit.CHARACTERS,
        quick_replies=0,
        label_limit=0,
        payload_limit=0,
        # 15 in any 15 minutes, for the whole account: 8 at once, and 7 more in that time.
        per_second=7 / 900,
        costly=True,
        burst=8,
    )

    def __init__(self, consumer_secret: str, user_id: str, http: httpx.AsyncClient) -> None:
        """`http` carries the base URL, the access token and the time-outs."""
        self._secret = consumer_secret.encode()
        self._user_id = user_id
        self._http = http

    def handshake(self, query: Mapping[str, str]) -> Challenge:
        """Sign X's token (the challenge-response check); see `Handshake`."""
        token = query.get("crc_token", "")
        if not self._secret:
            raise InvalidSignature(self.name, "secret")
        # Anybody may ask. A delivery is signed in the same way, so what could be one is never
        # signed here: each that can be read is a JSON object.
        if not token or "{" in token or len(token) > _LONGEST_TOKEN:
            raise InvalidPayload(self.name, "crc_token")
        answer = {"response_token": self._signed(token.encode("utf-8", "replace"))}
        return Challenge(json.dumps(answer), "application/json")

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one delivery; see `Channel.parse`."""
        shown = headers.get(SIGNATURE_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._secret or not hmac.compare_digest(shown, self._signed(body).encode()):
            raise InvalidSignature(self.name, "signature")
        match read_json(body, self.name):
            case {"data": dict(event)} if "event_type" in event:
                found = self._activity(event)
            case dict(envelope):
                found = self._messages(envelope.get("for_user_id"), envelope)
            case _:
                raise InvalidPayload(self.name, "events")
        return tuple(named(message) for message in found if message is not None)

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Send one reply; see `Channel.send`. The address stands in X's URL: log none."""
        path = f"2/dm_conversations/with/{quote(address, safe='')}/messages"
        try:
            answer = await self._http.post(path, json={"text": words(reply.text)})
        except httpx.TimeoutException:
            raise TemporarySendError(self.name, "timeout") from None
        except httpx.HTTPError:
            raise TemporarySendError(self.name, "network") from None
        return _read_answer(answer)

    async def check(self, webhook: str) -> Checkup:
        """Ask X whose token this is; see `Checkable.check`.

        Webhooks are listed for the app's own token only, which the house does not hold.
        """
        try:
            answer = await self._http.get("2/users/me")
        except httpx.HTTPError:
            raise TemporarySendError(self.name, "network") from None
        if answer.status_code in (401, 403):
            return Checkup(token=False, webhook=None, note="authorize the account again")
        if not answer.is_success:
            raise TemporarySendError(self.name, "answer")
        ours = members(members(read_json(answer.content, self.name)).get("data")).get("id")
        if ident(ours) != self._user_id:
            return Checkup(token=False, webhook=None, note="the token is of another account")
        return Checkup(token=True, webhook=None, note="see valid: in the developer console")

    async def close(self) -> None:
        """Close the connections; nothing can be sent afterwards."""
        await self._http.aclose()

    def _signed(self, message: bytes) -> str:
        proof = base64.b64encode(hmac.digest(self._secret, message, hashlib.sha256))
        return f"sha256={proof.decode()}"

    def _activity(self, event: Mapping[str, object]) -> Sequence[InboundMessage | None]:
        """Read an event of the X Activity API."""
        payload = members(event.get("payload"))
        owner = members(event.get("filter")).get("user_id")
        match event["event_type"]:
            case "dm.received":
                return self._messages(owner, payload)
            case "chat.received" if self._is_ours(owner):
                return (self._encrypted(ident(event.get("event_uuid")), payload),)
        return ()

    def _messages(
        self, owner: object, envelope: Mapping[str, object]
    ) -> Sequence[InboundMessage | None]:
        """Read the part that both generations share."""
        match envelope.get("direct_message_events"):
            case [*events] if self._is_ours(owner):
                return [self._message(members(event)) for event in events]
        return ()

    def _message(self, event: Mapping[str, object]) -> InboundMessage | None:
        if event.get("type") != "message_create":
            return None
        created = members(event.get("message_create"))
        person = ident(created.get("sender_id"))
        content = _content(members(created.get("message_data")))
        target = members(created.get("target")).get("recipient_id")
        if person in (None, self._user_id) or content is None or not self._is_ours(target):
            return None
        message_id = ident(event.get("id"))
        return _from(
            str(person),
            content,
            # Not event_uuid: both generations can bring one message, and only this is equal.
            event_id=message_id,
            sent_at=moment(event.get("created_timestamp"), per_second=1000),
            message_id=message_id,
        )

    def _encrypted(
        self, event_id: str | None, payload: Mapping[str, object]
    ) -> InboundMessage | None:
        person = ident(payload.get("sender_id"))
        parties = re.split("[-:]", ident(payload.get("conversation_id")) or self._user_id)
        if person in (None, self._user_id) or self._user_id not in parties:
            return None
        content = Content(MessageKind.ATTACHMENT, attachment=ENCRYPTED)
        sent_at = moment(payload.get("created_at_msec"), per_second=1000)
        # No message_id: encrypted messages are never edited or taken back here.
        return _from(str(person), content, event_id=event_id, sent_at=sent_at)

    def _is_ours(self, user_id: object) -> bool:
        return user_id is None or ident(user_id) == self._user_id


def make_x(
    consumer_secret: str,
    token: str,
    user_id: str,
    api_base: str | None = None,
    *,
    timeout: float = 10.0,
) -> XChannel:
    """Build the channel; nothing is called before the first message leaves.

    Args:
        consumer_secret: the app's API key secret; it signs every delivery.
        token: an OAuth 2.0 access token of our account with dm.read and dm.write.
        user_id: our account's number; what it sent itself comes back and is dropped.
        api_base: scheme and host that stand for X's, None for X's own.
        timeout: seconds for each of connecting, writing, reading and waiting for a connection.
    """
    http = httpx.AsyncClient(
        base_url=f"{(api_base or API).rstrip('/')}/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
        follow_redirects=False,
    )
    return XChannel(consumer_secret, user_id, http)


_LONGEST_TOKEN = 512  # characters, ours; X's own are about 50
_MISCONFIGURED = 60.0  # seconds; someone must repair our token or access first
_RATE = 60.0  # seconds, where X does not tell when its window ends
_QUOTA = 3600.0  # seconds; the credit or the month's messages are used up
_DAY = 86_400.0  # seconds, the longest of X's windows
_WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
_PHOTOS = {"photo": "image", "video": "video", "animated_gif": "video"}
_OUR_FAULTS = ("client-forbidden", "unsupported-authentication", "client-not-enrolled")
"""What X calls a refusal that is about our app and not about the person [M]."""


def _from(
    person: str,
    content: Content,
    *,
    event_id: str | None,
    sent_at: datetime = UNKNOWN_TIME,
    message_id: str | None = None,
) -> InboundMessage:
    return InboundMessage(
        channel=NAME,
        event_id=event_id or "",
        account=person,
        address=person,
        kind=content.kind,
        sent_at=sent_at,
        text=content.text,
        attachment=content.attachment,
        message_id=message_id,
    )


def _content(data: Mapping[str, object]) -> Content | None:
    written = data.get("text")
    text = words(html.unescape(written)) if isinstance(written, str) else ""
    match data:
        case {"quick_reply_response": {"metadata": str(chosen)}} if chosen:
            return Content(MessageKind.BUTTON, words(chosen))
        case {"attachment": dict(thing)}:
            return Content(MessageKind.ATTACHMENT, text, _kind(thing))
    return Content(MessageKind.TEXT, text) if text else None


def _kind(thing: Mapping[str, object]) -> str:
    if thing.get("type") == "location":
        return "location"
    return _PHOTOS.get(words(members(thing.get("media")).get("type")), "other")


def _read_answer(answer: httpx.Response) -> str:
    try:
        told = members(read_json(answer.content, NAME))
    except InvalidPayload:
        told = {}
    sent = members(told.get("data"))
    if not answer.is_success or (told.get("errors") and not sent):
        raise _sorted(answer, told)
    if not told:
        # Not in X's words: a proxy between us. The message is still good.
        raise TemporarySendError(NAME, "answer")
    return ident(sent.get("dm_event_id")) or ""


def _sorted(answer: httpx.Response, problem: Mapping[str, object]) -> ChannelError:
    """Turn X's refusal into ours, by status and type of problem."""
    status = answer.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TemporarySendError(NAME, "rate_limit", _pause(answer.headers))
    if status == httpx.codes.PAYMENT_REQUIRED:
        return TemporarySendError(NAME, "quota", _QUOTA)
    if status == httpx.codes.UNAUTHORIZED:
        return TemporarySendError(NAME, "token", _MISCONFIGURED)
    if status == httpx.codes.FORBIDDEN:
        return _forbidden(problem)
    if status >= 500 or 300 <= status < 400 or status == httpx.codes.REQUEST_TIMEOUT:
        return TemporarySendError(NAME, "provider", 5.0)
    return PermanentSendError(NAME, "bad_request")


def _forbidden(problem: Mapping[str, object]) -> ChannelError:
    """Tell a person who does not want our words from an app that may not send any."""
    told = f"{words(problem.get('type'))} {words(problem.get('reason'))}"
    if not problem or any(fault in told for fault in _OUR_FAULTS):
        return TemporarySendError(NAME, "access", _MISCONFIGURED)
    return RecipientGone(NAME, "gone")


def _pause(headers: httpx.Headers) -> float:
    """Return the seconds until X's window ends, by X's own clock."""
    ends = [
        headers.get(f"{window}-reset", "")
        for window in _WINDOWS
        if window == _WINDOWS[0] or headers.get(f"{window}-remaining") == "0"
    ]
    told = [moment(end) for end in ends]
    last, now = max(told), _date(headers)
    if UNKNOWN_TIME in (last, now):
        return _RATE
    return min(max((last - now).total_seconds(), 1.0), _DAY)


def _date(headers: httpx.Headers) -> datetime:
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return UNKNOWN_TIME
    return said if said.tzinfo else UNKNOWN_TIME

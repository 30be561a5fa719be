"""Meta's Graph API on this machine, and the webhook calls it would make.

Error bodies as in Meta's table of error codes and in public reports of refused messages.
"""

import hashlib
import hmac
import itertools
import json
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.meta import VERSION
from tests.fakes.switchboard import FakeProvider, Sent, refusal

TOKEN = "EAAfake-meta-token-beefcafe"
SECRET = "fake-meta-app-secret-41aa"
VERIFY_TOKEN = "fake-meta-verify-token-93"
PERSON = "7412589630147852"
ACCOUNT = "104100200300400"  # the Page's or Instagram account's own id

Event = dict[str, Any]
Delivery = tuple[bytes, dict[str, str]]


class FakeMeta(FakeProvider):
    """Refuses by those in `blocked`, to those `unknown`, and outside the windows.

    `silent_for` holds the hours since a person's last word, where it is not just now.
    """

    subject = "page"

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.blocked: set[str] = set()
        self.unknown: set[str] = set()
        self.silent_for: dict[str, float] = {}
        self.human_agent_allowed = True
        self.subscribed = ["messages"]
        self.last_request: Event = {}

    async def register(
        self, webhook: str, verify_token: str, challenge: str = "1158201444"
    ) -> bool:
        """Ask a webhook for the challenge, as when an operator presses "Verify and save"."""
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token}
        async with httpx.AsyncClient() as client:
            answer = await client.get(webhook, params=query | {"hub.challenge": challenge})
        return answer.status_code == 200 and answer.text == challenge

    async def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _no(190, "Invalid OAuth access token.", status=401)
        match request.method, request.url.path.removeprefix(f"/{VERSION}"):
            case "POST", "/me/messages":
                return self._send(await request.json())
            case "GET", "/me":
                return JSONResponse({"id": ACCOUNT, "name": "곁"})
            case "GET", "/me/subscribed_apps":
                return JSONResponse({"data": [{"subscribed_fields": self.subscribed}]})
        return _no(2500, "Unknown path components")

    def _send(self, asked: Event) -> Response:
        person, message = str(asked["recipient"].get("id", "")), asked["message"]
        refused = self._refuses_person(person) or self._refuses_purpose(person, asked)
        if refused := refused or self._refuses_message(message):
            return refused
        self.last_request = asked
        choices = message.get("quick_replies", ())
        shown = tuple((choice["title"], choice["payload"]) for choice in choices)
        self.sent.append(Sent(person, message["text"], shown))
        return JSONResponse({"recipient_id": person, "message_id": f"m_sent{len(self.sent)}"})

    def _refuses_person(self, person: str) -> Response | None:
        if person in self.unknown or not person.isdecimal():
            return _no(100, "No matching user found", 2018001)
        if person in self.blocked:
            return _no(551, "This person isn't available right now.", 1545041)
        return None

    def _refuses_purpose(self, person: str, asked: Event) -> Response | None:
        hours, tag = self.silent_for.get(person, 0.0), asked.get("tag")
        match asked.get("messaging_type"):
            case "RESPONSE" if tag is None:
                return self.outside_window() if hours > 24 else None
            case "MESSAGE_TAG" if tag == "HUMAN_AGENT" and self.human_agent_allowed:
                return self.outside_window() if hours > 7 * 24 else None
            case "MESSAGE_TAG" if tag == "HUMAN_AGENT":
                return _no(10, "Application does not have permission for this action", status=403)
        return _no(100, "Invalid parameter")

    def outside_window(self) -> Response:
        return _no(10, "This message is sent outside of allowed window.", 2018278)

    def too_long(self, text: str) -> bool:
        return len(text) > 2000

    def _refuses_message(self, message: Event) -> Response | None:
        choices = message.get("quick_replies", ())
        titles = [choice["title"] for choice in choices if choice["content_type"] == "text"]
        payloads = [choice["payload"] for choice in choices]
        fits = len(titles) == len(choices) <= 13 and all(0 < len(title) <= 20 for title in titles)
        good = fits and all(0 < len(payload) <= 1000 for payload in payloads)
        if not message.get("text") or self.too_long(message["text"]) or not good:
            return _no(100, "Invalid parameter")
        return None


class FakeMessenger(FakeMeta):
    """The Send API for a Facebook Page."""


class FakeInstagram(FakeMeta):
    """The Send API for an Instagram account: other limits, another subcode and type."""

    subject = "instagram"

    def outside_window(self) -> Response:
        text = "This message is sent outside of allowed window."
        return _no(10, text, 2534022, status=403, kind="IGApiException")

    def too_long(self, text: str) -> bool:
        return len(text.encode()) > 1000


class MetaPerson:
    """Makes the events that Meta sends when this person does something."""

    _numbers = itertools.count(300_000)

    def __init__(self, account: str = PERSON) -> None:
        self.account = account

    def says(self, text: str) -> Event:
        return self.sends(text=text)

    def sends(self, **content: object) -> Event:
        return self.does(message={"mid": f"m_{next(self._numbers)}", **content})

    def attaches(self, kind: str, text: str | None = None, **payload: object) -> Event:
        thing = {"type": kind, "payload": {"url": "https://cdn.example/canary-media", **payload}}
        words = {} if text is None else {"text": text}
        return self.sends(attachments=[thing], **words)

    def presses(self, payload: str) -> Event:
        return self.sends(text="고른 말", quick_reply={"payload": payload})

    def does(self, **content: object) -> Event:
        return {
            "sender": {"id": self.account}, "recipient": {"id": ACCOUNT},
            "timestamp": 1_764_000_000_000 + next(self._numbers) % 1000, **content,
        }  # fmt: skip


def webhook(subject: str, *events: object, secret: str = SECRET) -> Delivery:
    """The call Meta makes for the events of one account: body and headers."""
    entry = {"id": ACCOUNT, "time": 1_764_000_001_000, "messaging": events}
    return delivery({"object": subject, "entry": [entry]}, secret)


def delivery(content: object, secret: str = SECRET) -> Delivery:
    """A call with this JSON, signed in both of Meta's ways."""
    body = json.dumps(content).encode()
    old = hmac.digest(secret.encode(), body, "sha1").hex()
    return body, {"x-hub-signature-256": signature(body, secret), "x-hub-signature": f"sha1={old}"}


def signature(body: bytes, secret: str = SECRET) -> str:
    """What Meta puts into X-Hub-Signature-256 for this body."""
    return f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"


def error(code: int, message: str, subcode: int = 0, **more: object) -> Event:
    """An error as Meta words it."""
    named = {"error_subcode": subcode} if subcode else {}
    told = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    return {"error": told | named | more | {"fbtrace_id": "AfakeTraceId0"}}


def _no(
    code: int, message: str, subcode: int = 0, *, status: int = 400, kind: str = "OAuthException"
) -> Response:
    return refusal(status, error(code, message, subcode, type=kind))

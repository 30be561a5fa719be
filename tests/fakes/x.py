"""X's API on this machine, and the webhook calls it would make."""

import base64
import hashlib
import hmac
import html
import itertools
import json
from email.utils import formatdate
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.switchboard import FakeProvider, Sent, refusal

TOKEN = "fake-x-user-token-5eed"
SECRET = "fake-x-consumer-secret-77c1"
PERSON = "2222222222222222222"
ACCOUNT = "1111111111111111111"

Event = dict[str, Any]
Delivery = tuple[bytes, dict[str, str]]


class FakeX(FakeProvider):
    """Refuses by those in `blocked`, and after `remaining` messages until `reset`."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.blocked: set[str] = set()
        self.remaining = 15
        self.reset = 4_102_444_000  # Unix seconds

    async def check(self, webhook: str, secret: str = SECRET, token: str = "c+r/c=") -> bool:
        """Ask a webhook to sign a token (CRC), as on registration and every half hour."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(webhook, params={"crc_token": token})
        if answer.status_code != 200 or not answer.headers["content-type"].startswith(
            "application/json"
        ):
            return False
        return bool(answer.json()["response_token"] == signature(token.encode(), secret))

    async def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return _problem(401, "Unauthorized", "about:blank")
        match request.method, request.url.path.split("/")[1:]:
            case "POST", ["2", "dm_conversations", "with", person, "messages"]:
                return self._send(person, await request.json())
            case "GET", ["2", "users", "me"]:
                return JSONResponse({"data": {"id": ACCOUNT, "name": "곁", "username": "gyeot"}})
        return _problem(404, "Not Found", "https://api.x.com/2/problems/resource-not-found")

    def _send(self, person: str, asked: Event) -> Response:
        limits = {"x-rate-limit-limit": "15", "x-rate-limit-reset": str(self.reset)}
        if self.remaining <= 0:
            no = {"title": "Too Many Requests", "type": "about:blank", "status": 429}
            told = {"x-rate-limit-remaining": "0", "date": formatdate(usegmt=True)}
            return JSONResponse(no, 429, limits | told)
        self.remaining -= 1
        if not person.isdecimal() or not 0 < len(asked.get("text", "")) <= 10_000:
            return _problem(400, "Invalid Request", "https://api.x.com/2/problems/invalid-request")
        if person in self.blocked:
            return _problem(403, "Forbidden", "about:blank")
        self.sent.append(Sent(person, asked["text"]))
        event = {"dm_conversation_id": f"{ACCOUNT}-{person}", "dm_event_id": str(len(self.sent))}
        left = limits | {"x-rate-limit-remaining": str(self.remaining)}
        return JSONResponse({"data": event}, 201, left)


class XPerson:
    """Makes the events that X sends when this person does something."""

    _numbers = itertools.count(2_080_000_000_000_000_000)

    def __init__(self, account: str = PERSON) -> None:
        self.account = account

    def says(self, text: str) -> Event:
        return self.sends(text=html.escape(text, quote=False))

    def sends(self, **content: object) -> Event:
        """A direct message, as it stands in either generation's envelope."""
        number = next(self._numbers)
        return {
            "type": "message_create", "id": str(number),
            "created_timestamp": str(1_764_000_000_000 + number % 1000),
            "message_create": {
                "target": {"recipient_id": ACCOUNT}, "sender_id": self.account,
                "message_data": {"entities": {"urls": []}, **content},
            },
        }  # fmt: skip

    def presses(self, payload: str) -> Event:
        return self.sends(text="고른 말", quick_reply_response={"type": "options",
                                                             "metadata": payload})  # fmt: skip

    def whispers(self) -> Event:
        """An encrypted message of X Chat, in the current generation's envelope."""
        payload = {
            "sender_id": self.account, "conversation_id": f"{ACCOUNT}-{self.account}",
            "encoded_event": "Q2FuYXJ5", "created_at_msec": "1764000000123",
        }  # fmt: skip
        return self.activity("chat.received", payload)

    def activity(self, kind: str, payload: object) -> Event:
        """An event of the X Activity API, without the outermost `data`."""
        return {
            "event_uuid": str(-next(self._numbers)), "filter": {"user_id": ACCOUNT},
            "event_type": kind, "tag": "t", "payload": payload,
        }  # fmt: skip


def current(event: Event) -> Event:
    """The same message as the X Activity API brings it."""
    payload = {"direct_message_events": [event], "users": _profiles(nested=True)}
    return XPerson().activity("dm.received", payload)


def webhook(*events: Any, secret: str = SECRET) -> Delivery:
    """The call X makes: an activity by itself, messages in the older envelope."""
    if len(events) == 1 and isinstance(events[0], dict) and "event_type" in events[0]:
        return delivery({"data": events[0]}, secret)
    return delivery(envelope(*events), secret)


def envelope(*events: object) -> Event:
    """The Account Activity API's delivery, with both profiles."""
    return {
        "for_user_id": ACCOUNT, "direct_message_events": events,
        "users": _profiles(nested=False),
    }  # fmt: skip


def delivery(content: object, secret: str = SECRET) -> Delivery:
    body = json.dumps(content).encode()
    return body, {"x-twitter-webhooks-signature": signature(body, secret)}


def signature(message: bytes, secret: str = SECRET) -> str:
    """What X puts into its signature header, and wants to hear in a challenge."""
    proof = hmac.digest(secret.encode(), message, hashlib.sha256)
    return f"sha256={base64.b64encode(proof).decode()}"


def _profiles(*, nested: bool) -> Event:
    profile = {"id": PERSON, "name": "canary-name-5d1e", "description": "canary-bio"}
    return {PERSON: {"data": profile} if nested else profile}


def _problem(status: int, title: str, kind: str) -> Response:
    body = {"title": title, "detail": title, "type": kind, "status": status}
    return refusal(status, body)

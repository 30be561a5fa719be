"""LINE's Messaging API on this machine, and the webhook calls it would make."""

import base64
import hashlib
import hmac
import itertools
import json
from typing import Any
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.switchboard import FakeProvider, Sent, refusal

TOKEN = "fake-line-token-decafbad"
SECRET = "fake-line-secret-0b5e"
PERSON = "U" + "5a" * 16

Event = dict[str, Any]
Delivery = tuple[bytes, dict[str, str]]


class FakeLine(FakeProvider):
    """Answers a push to anybody with yes, blocked or not, as LINE does."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.open_tokens: dict[str, str] = {}  # reply token: whom it answers
        self.replies = 0
        self.webhook: str | None = None
        self.webhook_active = True
        self._accepted: dict[str, str] = {}  # retry key: the request that used it

    async def answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return refusal(401, {"message": "Authentication failed due to an invalid token."})
        match request.method, request.url.path:
            case "POST", "/v2/bot/message/push":
                key = request.headers.get("x-line-retry-key", "")
                return self._push(await request.json(), key)
            case "POST", "/v2/bot/message/reply":
                return self._reply(await request.json())
            case "GET", "/v2/bot/channel/webhook/endpoint" if self.webhook is not None:
                return JSONResponse({"endpoint": self.webhook, "active": self.webhook_active})
        return refusal(404, {"message": "Not found"})

    def _reply(self, asked: Any) -> Response:
        """A token answers one event once; `open_tokens` says which still do."""
        token = str(asked.get("replyToken"))
        if token not in self.open_tokens:
            return refusal(400, {"message": "Invalid reply token"})
        if problem := _problem({"to": PERSON, **asked}):
            return refusal(400, {"message": "The request body has 1 error(s)", "details": problem})
        person = self.open_tokens.pop(token)
        self.replies += 1
        for message in asked["messages"]:
            self.sent.append(Sent(person, message["text"], _choices(message)))
        return JSONResponse({"sentMessages": [{"id": str(460_000 + len(self.sent))}]}, 200)

    def _push(self, asked: Any, key: str) -> Response:
        identity = {"x-line-request-id": str(uuid4())}
        if key and not _is_uuid(key):
            return refusal(400, {"message": "Invalid retry key."})
        if key in self._accepted:
            earlier = {"x-line-accepted-request-id": self._accepted[key]}
            taken = {"message": "The retry key is already accepted"}
            return JSONResponse(taken, 409, identity | earlier)
        if problem := _problem(asked):
            return refusal(400, {"message": "The request body has 1 error(s)", "details": problem})
        if key:
            self._accepted[key] = identity["x-line-request-id"]
        for message in asked["messages"]:
            self.sent.append(Sent(asked["to"], message["text"], _choices(message), key))
        marks = [{"id": str(460_000 + len(self.sent)), "quoteToken": "q"}]
        return JSONResponse({"sentMessages": marks}, 200, identity)


class LinePerson:
    """Makes the events that LINE sends when this person does something."""

    _numbers = itertools.count(90_000_000)

    def __init__(self, account: str = PERSON) -> None:
        self.account = account

    def says(self, text: str) -> Event:
        return self.sends(type="text", text=text)

    def sends(self, **content: object) -> Event:
        return self.does("message", message={"id": str(next(self._numbers)), **content})

    def presses(self, payload: str) -> Event:
        return self.does("postback", postback={"data": payload})

    def does(self, kind: str, **content: object) -> Event:
        number = next(self._numbers)
        return {
            "type": kind, "mode": "active", "timestamp": 1_764_000_000_000 + number % 1000,
            "source": {"type": "user", "userId": self.account},
            "webhookEventId": f"01KAGY{number:020d}", "deliveryContext": {"isRedelivery": False},
            "replyToken": f"{number:032x}", **content,
        }  # fmt: skip


def webhook(*events: object, secret: str = SECRET) -> Delivery:
    """The call LINE makes for a batch of events: body and headers."""
    body = json.dumps({"destination": "U" + "0b" * 16, "events": events}).encode()
    return body, {"x-line-signature": signature(body, secret)}


def signature(body: bytes, secret: str = SECRET) -> str:
    """What LINE puts into X-Line-Signature for this body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def _problem(asked: Any) -> list[dict[str, str]]:
    if not asked.get("to", "").startswith("U"):
        return [{"property": "to", "message": "invalid"}]
    if not 1 <= len(asked.get("messages", ())) <= 5:
        return [{"property": "messages", "message": "Size must be between 1 and 5"}]
    wrong = [message for message in asked["messages"] if not _is_good(message)]
    return [{"property": "messages", "message": "invalid"} for _ in wrong]


def _is_good(message: Any) -> bool:
    length = len(message.get("text", "").encode("utf-16-le", "surrogatepass")) // 2
    choices = _choices(message)
    fits = all(1 <= len(label) <= 20 and 1 <= len(data) <= 300 for label, data in choices)
    return 1 <= length <= 5000 and len(choices) <= 13 and fits


def _choices(message: Any) -> tuple[tuple[str, str], ...]:
    items = message.get("quickReply", {}).get("items", [])
    return tuple((item["action"]["label"], item["action"]["data"]) for item in items)


def _is_uuid(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True

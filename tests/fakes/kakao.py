"""Kakao on this machine: the skill's caller, its callbacks, and a dealer's chat/write."""

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.switchboard import FakeProvider, Sent, refusal

SKILL_KEY = "fake-skill-key-5eed"
BOT = "5ae9b76d7409b11ec845b746"
CONSULT_KEY = "fake-consult-key-5eed"
TOKEN = "fake-dealer-token-decafbad"
SENDER = "4c9591f37822ae1ed5b781582af08b1e2d922cea"
USER = "Xj1bW5wlE5SR"
PERSON = "226f81aef15e8f5890425bbeaa5978d54dfc98fadcaa076ed1f"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees of one answer."""

    texts: tuple[str, ...]
    quick_replies: tuple[tuple[str, str], ...] = ()  # label, payload
    operator: Mapping[str, Any] = field(default_factory=dict)  # the button, if there is one
    calls_back: bool = False
    seconds: float = 0.0


class NothingSeen(Exception):
    """Kakao shows its own failure message: too late, not a skill response, or refused."""


class FakeKakao(FakeProvider):
    """Calls skills, takes each callback once, and is the dealer of one consultation talk.

    `seen` holds what arrived through callbacks, `sent` what the dealer delivered. `patience`
    is how long a skill may take and `callback_life` how long a callback URL lives, in seconds.
    """

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.patience = 5.0
        self.callback_life = 60.0
        self.seen: list[Seen] = []
        self.ended: set[str] = set()
        self.blocked: set[str] = set()
        self.last_message: Mapping[str, Any] = {}
        self._callbacks: dict[str, float] = {}  # path: when it dies
        self._serials: set[str] = set()
        self._numbers = itertools.count(1)

    def offer_callback(self) -> str:
        """Make a URL that takes one answer."""
        path = f"/v1/bots/{BOT}!/callback/-tok_{next(self._numbers)}:canary"
        self._callbacks[path] = time.monotonic() + self.callback_life
        return self.url + path

    async def ask(self, url: str, call: Event, key: str = SKILL_KEY) -> Seen:
        """Call a skill as Kakao does, and show its answer as Kakao would."""
        began = time.monotonic()
        try:
            async with httpx.AsyncClient(timeout=self.patience) as client:
                answer = await client.post(url, json=call, headers={"X-Gyeot-Skill-Key": key})
        except httpx.HTTPError:
            raise NothingSeen("late") from None
        if answer.status_code != 200:
            raise NothingSeen(str(answer.status_code))
        return see(answer.json(), time.monotonic() - began)

    async def answer(self, request: Request) -> Response:
        if request.url.path.endswith("/chat/write"):
            return self._write(await request.json(), request.headers)
        if "/callback/" in request.url.path:
            return self._call_back(request.url.path, await request.json())
        return refusal(404, {"message": "Not Found"})

    def _call_back(self, path: str, answer: Any) -> Response:
        dies = self._callbacks.pop(path, 0.0)
        told = {"taskId": "t", "timestamp": 1_764_000_000_000}
        if time.monotonic() > dies:
            return JSONResponse(told | {"status": "FAIL", "message": "Invalid callback token"}, 400)
        try:
            self.seen.append(see(answer, 0.0))
        except NothingSeen:
            return JSONResponse(told | {"status": "ERROR", "message": "Invalid response"}, 200)
        return JSONResponse(told | {"status": "SUCCESS", "message": "OK"})

    def _write(self, asked: Any, headers: Mapping[str, str]) -> Response:
        pair = f"{headers.get('ht-client-id')}:{headers.get('ht-client-secret')}"
        if self.token not in (headers.get("authorization", "").removeprefix("Bearer "), pair):
            return refusal(401, {"code": -500, "message": "UnauthorizedException"})
        user, serial, text = (
            asked.get(name, "") for name in ("user_key", "serial_number", "message")
        )
        if code := self._refuses(asked, user, serial, text):
            return JSONResponse({"code": code, "message": "canary-refused"})
        self._serials.add(serial)
        self.last_message = asked
        choices = tuple((link["name"], link["extra"]) for link in asked.get("links", ()))
        self.sent.append(Sent(f"{asked['sender_key']}/{user}", text, choices, serial))
        return JSONResponse({"code": 0, "createdAt": "2026-11-25T11:56:54.461"})

    def _refuses(self, asked: Any, user: str, serial: str, text: str) -> int:
        links = asked.get("links", [])
        known = {"WL", "AL", "BK", "BT", "MD"}
        fits = all(link["type"] in known and 0 < len(link["name"]) <= 14 for link in links)
        checks = (
            (-501, asked.get("sender_key") != SENDER),
            (-502, user in self.ended),
            (-503, not 0 < len(user) <= 20),
            (-504, serial in self._serials),
            (-506, len(text) > 1000),
            (-509, not 0 < len(serial) <= 30),
            (-510, not text.strip() or asked.get("message_type") not in {"TX", "LI"}),
            (-510, not fits or len(links) > 5 or bool(links) != (asked["message_type"] == "LI")),
            (-511, user in self.blocked),
        )
        return next((code for code, wrong in checks if wrong), 0)


class SkillPerson:
    """Makes the calls that Kakao sends to a skill when this person does something."""

    def __init__(self, account: str = PERSON) -> None:
        self.account = account

    def says(self, text: str) -> Event:
        return {
            "bot": {"id": f"{BOT}!", "name": "곁"},
            "intent": {"id": "5d30", "name": "폴백 블록", "extra": {"reason": {"code": 1}}},
            "action": {
                "id": "5ffe", "name": "스킬", "params": {}, "detailParams": {}, "clientExtra": {},
            },
            "userRequest": {
                "block": {"id": "5d30", "name": "폴백 블록"},
                "user": {
                    "id": self.account,
                    "type": "botUserKey",
                    "properties": {
                        "botUserKey": self.account, "plusfriendUserKey": "canary-plus",
                        "appUserId": "canary-app", "accountId": "canary-id", "isFriend": True,
                    },
                },
                "utterance": text,
                "params": {"surface": "Kakaotalk.plusfriend"},
                "lang": "ko",
                "timezone": "Asia/Seoul",
            },
            "contexts": [],
        }  # fmt: skip

    def presses(self, payload: str, label: str = "이름표") -> Event:
        call = self.says(label)
        call["action"]["clientExtra"] = {"payload": payload}
        return call

    def sends_through_plugin(self, utterance: str, secure: object) -> Event:
        call = self.says(utterance)
        call["action"]["params"] = {"image": secure, "sys_number": '{"amount": 1, "unit": }'}
        return call

    def may_be_called_back(self, call: Event, url: object) -> Event:
        call["userRequest"]["callbackUrl"] = url
        return call


def console_test() -> Event:
    """What the console's "skill test" sends."""
    call = SkillPerson().says("발화 내용")
    call["userRequest"]["user"] = {"id": "945412", "type": "accountId", "properties": {}}
    call["userRequest"] |= {"params": {"ignoreMe": "true"}, "lang": None}
    return call


class ConsultPerson:
    """Makes the calls of a consultation talk when this person does something."""

    _numbers = itertools.count(1_689_884_130_894_833_200)

    def __init__(self, user: str = USER) -> None:
        self.user = user
        self.account = f"{SENDER}/{user}"

    def says(self, text: str) -> Event:
        return self.sends("text", content=text)

    def presses(self, payload: str) -> Event:
        return self.sends("text", content="이름표", extra=payload)

    def sends(self, kind: str, **content: object) -> Event:
        return self._call() | {"serial_number": next(self._numbers), "type": kind, **content}

    def comes_over(self, extra: object) -> Event:
        last = {"extra": "an-earlier-one", "bot": "true", "bot_event": ""}
        meta = {"extra": extra, "text": "", "lastText": "", "appUserId": None}
        return self._call() | {"app_user_id": None, "reference": meta, "last_reference": last}

    def leaves(self) -> Event:
        return self._call()

    def _call(self) -> Event:
        return {
            "user_key": self.user, "session_id": "163755146", "sender_key": SENDER,
            "time": 1_764_000_000_000,
        }  # fmt: skip


def endpoint_of(body: bytes) -> str:
    """To which of our addresses the dealer brings this body."""
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return "message"
    if isinstance(call, dict) and "reference" in call:
        return "reference"
    return "expired_session" if isinstance(call, dict) and "type" not in call else "message"


def consult_headers(body: bytes) -> dict[str, str]:
    return {"x-gyeot-consult-key": CONSULT_KEY, ":endpoint": endpoint_of(body)}


def see(answer: Any, seconds: float) -> Seen:
    """Check an answer against the response format, strictly, and show it."""
    if answer.get("version") != "2.0":
        raise NothingSeen("version")
    if answer.get("useCallback"):
        return Seen((answer["data"]["text"],), calls_back=True, seconds=seconds)
    template = answer["template"]
    outputs, choices = template["outputs"], template.get("quickReplies", [])
    if not 1 <= len(outputs) <= 3 or len(choices) > 10:
        raise NothingSeen("number")
    texts = tuple(_text(output) for output in outputs)
    buttons = [button for output in outputs for button in _card(output).get("buttons", ())]
    if not all(0 < len(one["label"]) <= 14 for one in [*choices, *buttons]):
        raise NothingSeen("label")
    if not all(one["action"] == "message" and one["messageText"] for one in choices):
        raise NothingSeen("action")
    pressed = tuple((one["label"], one["extra"]["payload"]) for one in choices)
    return Seen(texts, pressed, buttons[0] if buttons else {}, seconds=seconds)


def _card(output: Any) -> Any:
    return output.get("textCard", {})


def _text(output: Any) -> str:
    text = output["simpleText"]["text"] if "simpleText" in output else _card(output)["description"]
    if not isinstance(text, str) or not 0 < len(text) <= (1000 if "simpleText" in output else 400):
        raise NothingSeen("text")
    return text


async def settled() -> None:
    """Let what is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)

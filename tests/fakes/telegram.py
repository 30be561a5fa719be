"""Telegram's Bot API on this machine, and the updates it would send."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.switchboard import FakeProvider, Sent, refusal

TOKEN = "1234567890:fake-telegram-token-c0ffee"
SECRET = "fake-telegram-secret_77"
PERSON = "7001002003"

Update = dict[str, Any]
Delivery = tuple[bytes, dict[str, str]]


class FakeTelegram(FakeProvider):
    """Knows everybody but `unknown`; refused by those in `blocked`.

    `press_answers` are the callback ids that got their answer; `updates` wait for getUpdates.
    """

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__()
        self.token = token
        self.blocked: set[str] = set()
        self.unknown: set[str] = set()
        self.press_answers: list[str] = []
        self.left: list[str] = []
        self.webhook_info: Mapping[str, Any] = {
            "url": "", "has_custom_certificate": False, "pending_update_count": 0,
        }  # fmt: skip
        self.updates: list[Update] = []
        self.webhook_set = False
        self.last_message: Mapping[str, Any] = {}

    async def answer(self, request: Request) -> Response:
        token, _, method = request.url.path.removeprefix("/bot").partition("/")
        if token != self.token:
            return _no(401, "Unauthorized")
        asked = await _arguments(request)
        if method == "getUpdates":
            return await self._updates(asked)
        answers = {
            "sendMessage": self._send,
            "answerCallbackQuery": self._answer_press,
            "leaveChat": self._leave,
            "getWebhookInfo": self._tell_webhook,
        }
        return answers[method](asked) if method in answers else _no(404, "Not Found")

    def _answer_press(self, asked: Mapping[str, Any]) -> Response:
        self.press_answers.append(str(asked.get("callback_query_id")))
        return _yes(True)

    def _tell_webhook(self, _: Mapping[str, Any]) -> Response:
        return _yes(self.webhook_info)

    def _leave(self, asked: Mapping[str, Any]) -> Response:
        self.left.append(str(asked.get("chat_id")))
        return _yes(True)

    def _send(self, asked: Mapping[str, Any]) -> Response:
        chat, text = str(asked.get("chat_id", "")), str(asked.get("text", ""))
        buttons = [row[0] for row in _keyboard(asked)]
        if refused := self._refuses(chat, text, buttons):
            return refused
        self.last_message = asked
        choices = tuple((button["text"], button["callback_data"]) for button in buttons)
        self.sent.append(Sent(chat, text, choices))
        shown = {"id": int(chat), "type": "private"}
        return _yes({"message_id": len(self.sent), "date": 1, "chat": shown, "text": text})

    def _refuses(self, chat: str, text: str, buttons: list[dict[str, str]]) -> Response | None:
        if chat in self.unknown or not chat.removeprefix("-").isdecimal():
            return _no(400, "Bad Request: chat not found")
        if chat in self.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        if not text.strip():
            return _no(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return _no(400, "Bad Request: message is too long")
        if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in buttons):
            return _no(400, "Bad Request: BUTTON_DATA_INVALID")
        return None

    async def _updates(self, asked: Mapping[str, Any]) -> Response:
        if self.webhook_set:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(asked.get("offset", 0))
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        if not self.updates:
            await asyncio.sleep(0.05)  # a short stand-in for the long poll
        return _yes(self.updates)


class TelegramPerson:
    """Makes the updates that Telegram sends when this person does something."""

    _numbers = itertools.count(500_000)

    def __init__(self, account: str = PERSON) -> None:
        self.account = account

    def says(self, text: str) -> Update:
        return self.sends(text=text)

    def sends(self, **content: object) -> Update:
        return self._update("message", self._message(**content))

    def edits(self, message_id: int, **content: object) -> Update:
        changed = self._message(**content) | {"message_id": message_id, "edit_date": 1_764_000_060}
        return self._update("edited_message", changed)

    def presses(self, payload: str) -> Update:
        carrier = self._message(text="어떤 이야기인가요?")
        pressed = {"id": "88001", "from": self._user(), "message": carrier, "data": payload}
        return self._update("callback_query", pressed)

    def becomes(self, status: str) -> Update:
        change = {
            "chat": self._chat(), "from": self._user(), "date": 1_764_000_000,
            "old_chat_member": {"status": "member"}, "new_chat_member": {"status": status},
        }  # fmt: skip
        return self._update("my_chat_member", change)

    def _update(self, kind: str, content: object) -> Update:
        return {"update_id": next(self._numbers), kind: content}

    def _message(self, **content: object) -> Update:
        return {
            "message_id": next(self._numbers), "from": self._user(), "chat": self._chat(),
            "date": 1_764_000_000, **content,
        }  # fmt: skip

    def _user(self) -> Update:
        return {"id": int(self.account), "is_bot": False, "first_name": "canary-name-5d1e"}

    def _chat(self) -> Update:
        return {"id": int(self.account), "type": "private", "first_name": "canary-name-5d1e"}


def webhook(update: object, secret: str = SECRET) -> Delivery:
    """The call Telegram makes for an update: body and headers."""
    return json.dumps(update).encode(), {"x-telegram-bot-api-secret-token": secret}


async def _arguments(request: Request) -> Mapping[str, Any]:
    if request.headers.get("content-type", "").startswith("application/json"):
        asked: Mapping[str, Any] = await request.json()
        return asked
    return dict(await request.form())


def _keyboard(asked: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    markup = json.loads(asked.get("reply_markup", "{}"))
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    return rows


def _yes(result: object) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _no(status: int, description: str, **parameters: int) -> Response:
    body: dict[str, object] = {"ok": False, "error_code": status, "description": description}
    return refusal(status, body | ({"parameters": parameters} if parameters else {}))

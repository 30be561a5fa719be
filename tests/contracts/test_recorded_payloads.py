"""Payloads that platforms really sent, kept outside this repository.

GYEOT_RECORDED_PAYLOADS names a folder with one folder a channel, an index.json in each
and one HTTP request a file: headers, body, and what a reader should make of it.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import Channel, InvalidPayload, InvalidSignature
from bot.channels.line import make_line
from bot.channels.telegram import make_telegram
from bot.messages import InboundMessage, MessageKind
from tests.fakes import line, telegram

FOLDER = os.environ.get("GYEOT_RECORDED_PAYLOADS", "")
KINDS = {
    "text": MessageKind.TEXT,
    "attachment": MessageKind.ATTACHMENT,
    "location": MessageKind.ATTACHMENT,
    "contact": MessageKind.ATTACHMENT,
    "sticker": MessageKind.STICKER,
    "postback": MessageKind.BUTTON,
    "follow": MessageKind.START,
    "unfollow": MessageKind.LEAVE,
    "unsend": MessageKind.UNSEND,
    "edit": MessageKind.EDIT,
}
"""The recorder's word to ours; every other word means: nothing a person said to us."""

DIFFERENCES: dict[str, tuple[dict[str, object], str]] = {
    "telegram/aselo_secret_token_ok.json": (
        {"account": "telegram_message_id"},
        "no sender in the body; in a private chat the chat is the person",
    ),
    "telegram/docs_reply.json": (
        {"kinds": [MessageKind.START], "text": ""},
        "/start opens a talk wherever it is typed",
    ),
    "telegram/courier_start.json": ({"text": ""}, "a command is not the person's words"),
    "telegram/chatwoot_sticker.json": ({"text": "👍"}, "a sticker's emoji stands for words"),
    "line/java_message_edited.json": ({"kinds": []}, "said in a group"),
    "line/ruby_full_text.json": ({"kinds": []}, "said in a group"),
}
"""Where we deliberately read something else, and why."""


pytestmark = pytest.mark.skipif(not FOLDER, reason="GYEOT_RECORDED_PAYLOADS is not set")


def recorded() -> list[str]:
    if not FOLDER:
        return ["nothing"]
    return [
        f"{channel}/{case['file']}"
        for channel in ("telegram", "line")
        for case in json.loads((Path(FOLDER) / channel / "index.json").read_text())["cases"]
    ]


def load(name: str) -> dict[str, Any]:
    request: dict[str, Any] = json.loads((Path(FOLDER) / name).read_text())
    return request


def test_every_difference_is_about_a_recorded_payload() -> None:
    assert set(DIFFERENCES) <= set(recorded())


@pytest.mark.parametrize("name", recorded())
async def test_a_recorded_payload_is_read_as_it_was_meant(name: str) -> None:
    request = load(name)
    expects, body = request["expects"], request["body"].encode()
    channel = _channel(name.partition("/")[0], request.get("secret"))
    headers = _headers(name, request, body)
    if request.get("signature_valid") is False or expects["kind"] == "reject":
        with pytest.raises(InvalidSignature):
            channel.parse(body, headers)
        return
    try:
        messages = channel.parse(body, headers)
    except InvalidPayload:
        assert expects["kind"] == "invalid"
        return

    told = {"text": expects.get("payload") or expects["text"] or ""}
    told |= {"account": expects["platform_user_id"], "message_id": expects["platform_message_id"]}
    told |= {"kinds": [KINDS[kind] for kind in _kinds(expects) if kind in KINDS]}
    told |= DIFFERENCES.get(name, ({}, ""))[0]
    assert [message.kind for message in messages] == told["kinds"]
    assert not messages or _facts(messages[0]) == {key: told[key] for key in _facts(messages[0])}


def _facts(message: InboundMessage) -> dict[str, object]:
    return {"text": message.text, "account": message.account, "message_id": message.message_id}


def _kinds(expects: dict[str, Any]) -> list[str]:
    kinds: list[str] = expects.get("expects_all", [expects["kind"]])
    return kinds


@cache
def _channel(name: str, secret: str | None) -> Channel:
    if name == "telegram":
        return make_telegram(telegram.TOKEN, secret or telegram.SECRET)
    return make_line(secret or line.SECRET, line.TOKEN)


def _headers(name: str, request: dict[str, Any], body: bytes) -> dict[str, str]:
    headers = {key.lower(): value for key, value in request["headers"].items()}
    if "secret" in request:
        return headers
    if name.startswith("telegram/"):
        return headers | {"x-telegram-bot-api-secret-token": telegram.SECRET}
    return headers | {"x-line-signature": line.signature(body)}

"""Payloads that platforms really sent, kept outside this repository.

GYEOT_RECORDED_PAYLOADS names a folder with one folder a channel, an index.json in each
and one HTTP request a file: headers, body, and what a reader should make of it.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bot.channels.base import Channel, Handshake, InvalidPayload, InvalidSignature
from bot.channels.kakao_consult import make_kakao_consult
from bot.channels.kakao_skill import make_kakao_skill
from bot.channels.line import make_line
from bot.channels.meta import make_instagram, make_messenger
from bot.channels.telegram import make_telegram
from bot.channels.x import make_x
from bot.messages import InboundMessage, MessageKind
from tests.contracts.cases_kakao import NOW, TEXTS
from tests.fakes import kakao, line, meta, telegram, x

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
    "session_start": MessageKind.JOIN,
    "session_end": MessageKind.LEAVE,
    "encrypted": MessageKind.ATTACHMENT,
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
    "kakao/skill_builder_test.json": ({"kinds": []}, "a console test opens nothing"),
    "kakao/skill_builder_test_with_callback.json": (
        {"kinds": []},
        "a console test opens nothing",
    ),
    "kakao/skill_official_sample_knowledge.json": (
        {"kinds": "invalid"},
        "a placeholder stands where the person's key would be",
    ),
    "kakao/consult_message_long.json": (
        {
            "kinds": [MessageKind.ATTACHMENT],
            "account": "4c9591f37822ae1ed5b781582af08b1e2d922cea/MZjEVK4x18_V",
        },
        "marked for the counselor, because the rest is not fetched; a person of one channel",
    ),
    "kakao/consult_reference.json": (
        {
            "kinds": [MessageKind.START],
            "text": "",
            "account": "4c9591f37822ae1ed5b781582af08b1e2d922cea/Xj1bW5wlE5SR",
            "message_id": "163755146",
        },
        "its meta data is no reference of ours; the session stands for the missing serial",
    ),
    "messenger/botman_sha1_signed_text.json": ({"kinds": "reject"}, "SHA-1 proves nothing today"),
    "messenger/courier_signed_different_page.json": (
        {"kinds": [MessageKind.TEXT], "text": "Hello World"},
        "entry.id is not recipient.id in genuine bodies too; a lost message is worse",
    ),
    "instagram/courier_signed_different_account.json": (
        {"kinds": [MessageKind.TEXT], "text": "Hello World"},
        "entry.id is not recipient.id in genuine bodies too; a lost message is worse",
    ),
    "messenger/courier_signed_duplicate.json": (
        {"kinds": [MessageKind.TEXT] * 2},
        "the store drops a repeat, by the equal event_id",
    ),
    "instagram/courier_signed_duplicate.json": (
        {"kinds": [MessageKind.TEXT] * 2},
        "the store drops a repeat, by the equal event_id",
    ),
    "messenger/restfb_postback_guest.json": ({"kinds": []}, "no id that could be answered"),
    "messenger/restfb_reaction.json": (
        {"kinds": [MessageKind.STICKER], "text": "😢", "message_id": None},
        "a person's expression; it has no id of its own",
    ),
    "messenger/restfb_unsupported.json": (
        {"kinds": [MessageKind.ATTACHMENT]},
        "they sent something, so they get an answer",
    ),
    "instagram/courier_signed_like_heart.json": (
        {"kinds": [MessageKind.STICKER], "text": "❤️"},
        "a heart says something, and is no picture",
    ),
}
"""Where we deliberately read something else, and why."""


pytestmark = pytest.mark.skipif(not FOLDER, reason="GYEOT_RECORDED_PAYLOADS is not set")


def recorded() -> list[str]:
    if not FOLDER:
        return ["nothing"]
    return [
        f"{channel}/{case['file']}"
        for channel in ("telegram", "line", "kakao", "messenger", "instagram", "x")
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
    if name.startswith("kakao/"):
        channel = _kakao(expects.get("endpoint", ""), request["body"])
    if name.startswith("x/"):
        channel = _x(request)
    if expects["kind"] == "challenge":
        assert isinstance(channel, Handshake)
        assert channel.handshake(dict(parse_qsl(request["query"]))).body == expects["response"]
        return
    headers = _headers(name, request, body)
    meant = DIFFERENCES.get(name, ({}, ""))[0].get("kinds", expects["kind"])
    if request.get("signature_valid") is False or meant == "reject":
        with pytest.raises(InvalidSignature):
            channel.parse(body, headers)
        return
    try:
        messages = channel.parse(body, headers)
    except InvalidPayload:
        assert meant == "invalid"
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
    if name == "messenger":  # what the recorder calls secret is the verify token of a handshake
        return make_messenger(secret or meta.SECRET, secret or meta.VERIFY_TOKEN, meta.TOKEN)
    if name == "instagram":
        return make_instagram(secret or meta.SECRET, secret or meta.VERIFY_TOKEN, meta.TOKEN)
    return make_line(secret or line.SECRET, line.TOKEN)


def _kakao(endpoint: str, body: str) -> Channel:
    """Kakao signs nothing and each source has a bot of its own, so that bot is taken for ours."""
    if endpoint.startswith("consult/"):
        return make_kakao_consult(kakao.CONSULT_KEY, kakao.TOKEN, "http://127.0.0.1:9")
    bot = json.loads(body).get("bot", {}).get("id", kakao.BOT)
    return make_kakao_skill(kakao.SKILL_KEY, bot, TEXTS, lambda: NOW)


def _x(request: dict[str, Any]) -> Channel:
    """Each source has an account of its own, so the one that the call is for is taken for ours."""
    named = re.search(r'"(?:recipient_id|conversation_id)": ?"(\d+)', request["body"])
    ours = request["expects"].get("for_user_id") or (named.group(1) if named else x.ACCOUNT)
    return make_x(request.get("secret", x.SECRET), x.TOKEN, ours)


def _headers(name: str, request: dict[str, Any], body: bytes) -> dict[str, str]:
    headers = {key.lower(): value for key, value in request["headers"].items()}
    if "secret" in request:
        return headers
    if name.startswith("kakao/"):
        endpoint = request["expects"]["endpoint"].removeprefix("consult/")
        return headers | kakao.consult_headers(body) | {
            "x-gyeot-skill-key": kakao.SKILL_KEY, ":endpoint": endpoint,
        }  # fmt: skip
    if name.startswith("telegram/"):
        return headers | {"x-telegram-bot-api-secret-token": telegram.SECRET}
    if name.startswith("x/"):
        return headers | {"x-twitter-webhooks-signature": x.signature(body)}
    if name.startswith(("messenger/", "instagram/")):
        return headers | {"x-hub-signature-256": meta.signature(body)}
    return headers | {"x-line-signature": line.signature(body)}

"""One case an adapter: what its provider sends, and how it refuses."""

from bot.channels.base import (
    PermanentSendError,
    RecipientGone,
    TemporarySendError,
)
from bot.channels.line import make_line
from bot.channels.telegram import make_telegram
from bot.messages import MessageKind
from tests.contracts.case import Case, Refusal
from tests.contracts.cases_kakao import consult_case
from tests.contracts.cases_meta import instagram_case, messenger_case
from tests.contracts.cases_x import x_case
from tests.fakes import line, telegram
from tests.fakes.line import FakeLine, LinePerson
from tests.fakes.telegram import FakeTelegram, TelegramPerson


def telegram_case() -> Case:
    person = TelegramPerson()
    group = person.says("여기는 단체방") | {}
    group["message"]["chat"] = {"id": -100123, "type": "supergroup"}
    attached = {"photo": "image", "voice": "audio", "video": "video", "document": "file"}
    attached |= {"location": "location", "contact": "contact", "video_note": "video"}
    kinds = {
        thing: (person.sends(**{thing: {"file_id": "x"}}), MessageKind.ATTACHMENT, "", ours)
        for thing, ours in attached.items()
    }
    return Case(
        name="telegram",
        provider=FakeTelegram,
        build=lambda url, timeout: make_telegram(
            telegram.TOKEN, telegram.SECRET, url, timeout=timeout
        ),
        person=person,
        body=lambda event: telegram.webhook(event)[0],
        proof=lambda _: {"x-telegram-bot-api-secret-token": telegram.SECRET},
        secrets=(telegram.TOKEN, telegram.SECRET, telegram.PERSON),
        kinds={
            **kinds,
            "start": (person.says("/start"), MessageKind.START, "", None),
            "start with words": (person.says("/start 도움"), MessageKind.START, "도움", None),
            "forwarded start": (
                person.sends(text="/start", forward_origin={"type": "hidden_user"}),
                MessageKind.TEXT, "/start", None,
            ),
            "caption": (
                person.sends(photo=[{"file_id": "x"}], caption="이 사진"),
                MessageKind.ATTACHMENT, "이 사진", "image",
            ),
            "animation": (
                person.sends(animation={"file_id": "x"}, document={"file_id": "x"}),
                MessageKind.ATTACHMENT, "", "video",
            ),
            "sticker": (person.sends(sticker={"emoji": "😢"}), MessageKind.STICKER, "😢", None),
            "edit": (person.edits(7, text="고친 말"), MessageKind.EDIT, "고친 말", None),
            "edited caption": (person.edits(7, caption="고침"), MessageKind.EDIT, "고침", None),
            "blocked": (person.becomes("kicked"), MessageKind.LEAVE, "", None),
            "unblocked": (person.becomes("member"), MessageKind.START, "", None),
        },
        ignored=(
            {"update_id": 1},
            {"update_id": 2, "some_future_update": {"id": 1}},
            {"update_id": 3, "message": "no object"},
            {"update_id": 4, "message": {"chat": {"id": 5, "type": "private"}}},
            {"update_id": 5, "message": {"chat": {"type": "private"}, "text": "nobody"}},
            {"update_id": 6, "callback_query": {"id": "1"}},
            {"update_id": 7, "message": {"chat": {"id": True}, "text": "no id"}},
            {"update_id": 8, "message": {"chat": {"id": "@channel"}, "text": "no id"}},
            {"update_id": 9, "message": {"chat": {"id": -5}, "text": "a group"}},
            {"update_id": 10, "message": {"chat": {"id": 5, "type": "channel"}, "text": "no talk"}},
            person.edits(7, location={"latitude": 1.0}),
            person.sends(pinned_message={"message_id": 1}),
            person.becomes("restricted"),
            group,
        ),
        refusals=(
            Refusal(RecipientGone, "gone", 403, _no(403, "Forbidden: bot was blocked by the user")),
            Refusal(RecipientGone, "gone", 403, _no(403, "Forbidden: user is deactivated")),
            Refusal(RecipientGone, "gone", 400, _no(400, "Bad Request: chat not found")),
            Refusal(PermanentSendError, "bad_request", 400, _no(400, "Bad Request: near canary-x")),
            Refusal(
                TemporarySendError, "rate_limit", 429,
                _no(429, "Too Many Requests: retry after 17") | {"parameters": {"retry_after": 17}},
                17,
            ),
            Refusal(TemporarySendError, "token", 401, _no(401, "Unauthorized"), 60),
            Refusal(TemporarySendError, "token", 404, _no(404, "Not Found"), 60),
            Refusal(TemporarySendError, "conflict", 409, _no(409, "Conflict: webhook"), 60),
            Refusal(TemporarySendError, "network", 500, _no(500, "Internal Server Error")),
            Refusal(TemporarySendError, "network", 502, b"<html>Bad Gateway</html>"),
            Refusal(TemporarySendError, "network", 500, b""),
            Refusal(TemporarySendError, "answer", 503, b"null"),
            Refusal(TemporarySendError, "answer", 200, b"[]"),
            Refusal(TemporarySendError, "answer", 200, b"<html>not the API</html>"),
        ),
    )  # fmt: skip


def line_case() -> Case:
    person = LinePerson()
    attached = ("image", "video", "audio", "file", "location")
    kinds = {
        thing: (person.sends(type=thing), MessageKind.ATTACHMENT, "", thing) for thing in attached
    }
    elsewhere = {"type": "group", "groupId": "C1", "userId": person.account}
    return Case(
        name="line",
        provider=FakeLine,
        build=lambda url, timeout: make_line(line.SECRET, line.TOKEN, url, timeout=timeout),
        person=person,
        body=lambda event: line.webhook(event)[0],
        proof=lambda body: {"x-line-signature": line.signature(body)},
        secrets=(line.TOKEN, line.SECRET, line.PERSON),
        kinds={
            **kinds,
            "sticker": (
                person.sends(type="sticker", keywords=["cry"]), MessageKind.STICKER, "", None,
            ),
            "message sticker": (
                person.sends(type="sticker", text="도와줘"), MessageKind.STICKER, "도와줘", None,
            ),
            "edit": (
                person.does("messageEdited", message={"id": "7", "type": "text", "text": "고침"}),
                MessageKind.EDIT, "고침", None,
            ),
            "unsend": (
                person.does("unsend", unsend={"messageId": "7"}), MessageKind.UNSEND, "", None,
            ),
            "follow": (person.does("follow", follow={"isUnblocked": False}), MessageKind.START, "",
                       None),
            "unfollow": (person.does("unfollow"), MessageKind.LEAVE, "", None),
        },
        ignored=(
            "no object",
            7,
            {},
            person.does("someFutureEvent"),
            person.does("message"),
            person.does("message", message="no object"),
            person.does("unsend", unsend={}),
            person.does("postback", postback={"params": {}}),
            person.sends(type="someFutureThing"),
            person.says("다른 곳에서") | {"source": elsewhere},
            person.says("이름 없이") | {"source": {"type": "user"}},
            person.says("다른 쪽이 맡음") | {"mode": "standby"},
        ),
        refusals=(
            Refusal(PermanentSendError, "bad_request", 400, {"message": "canary-x is invalid"}),
            Refusal(TemporarySendError, "token", 401, {"message": "Authentication failed"}, 60),
            Refusal(TemporarySendError, "token", 403, {"message": "Access denied"}, 60),
            Refusal(TemporarySendError, "rate_limit", 429, {"message": "rate limit exceeded"}, 1),
            Refusal(
                TemporarySendError, "quota", 429,
                {"message": "You have reached your monthly limit."}, 600,
            ),
            Refusal(TemporarySendError, "provider", 500, {"message": "Internal error"}),
            Refusal(TemporarySendError, "provider", 500, b""),
            Refusal(TemporarySendError, "provider", 503, b"null"),
            Refusal(TemporarySendError, "provider", 503, b"<html>Unavailable</html>"),
            Refusal(TemporarySendError, "answer", 502, b"\xff\xfe"),
        ),
    )  # fmt: skip


def _no(status: int, description: str) -> dict[str, object]:
    return {"ok": False, "error_code": status, "description": description}


CASES = {
    case.name: case
    for case in (
        telegram_case(),
        line_case(),
        messenger_case(),
        instagram_case(),
        x_case(),
        consult_case(),
    )
}

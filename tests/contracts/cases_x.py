"""What X sends in both generations of its webhooks, and how it refuses."""

from bot.channels.base import PermanentSendError, RecipientGone, TemporarySendError
from bot.channels.x import make_x
from bot.messages import MessageKind
from tests.contracts.case import Case, Event, Refusal
from tests.fakes import x
from tests.fakes.x import FakeX, XPerson, current

YOUNG = XPerson()

Kind = tuple[Event, MessageKind, str, str | None]


def x_case() -> Case:
    return Case(
        name="x",
        provider=FakeX,
        build=lambda url, timeout: make_x(x.SECRET, x.TOKEN, x.ACCOUNT, url, timeout=timeout),
        person=YOUNG,
        body=lambda event: x.webhook(event)[0],
        proof=lambda body: {"x-twitter-webhooks-signature": x.signature(body)},
        secrets=(x.TOKEN, x.SECRET, x.PERSON),
        kinds=_kinds(),
        ignored=_ignored(),
        refusals=_refusals(),
    )


def _kinds() -> dict[str, Kind]:
    photo = {"type": "media", "media": {"type": "photo", "media_url_https": "https://x.example"}}
    place = {"type": "location", "location": {"type": "shared_place"}}
    return {
        "escaped": (YOUNG.sends(text="1 &lt; 2 &amp;amp;"), MessageKind.TEXT, "1 < 2 &amp;", None),
        "current": (current(YOUNG.says("안녕")), MessageKind.TEXT, "안녕", None),
        "photo": (
            YOUNG.sends(text="이 사진", attachment=photo), MessageKind.ATTACHMENT, "이 사진",
            "image",
        ),
        "current photo": (
            current(YOUNG.sends(attachment=photo)), MessageKind.ATTACHMENT, "", "image",
        ),
        "place": (YOUNG.sends(attachment=place), MessageKind.ATTACHMENT, "", "location"),
        "unknown thing": (YOUNG.sends(attachment={}), MessageKind.ATTACHMENT, "", "other"),
        "answer": (YOUNG.presses("menu"), MessageKind.BUTTON, "menu", None),
        "encrypted": (YOUNG.whispers(), MessageKind.ATTACHMENT, "", "encrypted"),
    }  # fmt: skip


def _ignored() -> tuple[object, ...]:
    ours, elsewhere, other = YOUNG.says("우리 말"), YOUNG.says("다른 곳"), YOUNG.says("다른 곳")
    ours["message_create"]["sender_id"] = x.ACCOUNT
    elsewhere["message_create"]["target"] = {"recipient_id": "3333333333333333333"}
    others = current(other) | {"filter": {"user_id": "3333333333333333333"}}
    own_secret, other_secret, group = YOUNG.whispers(), YOUNG.whispers(), YOUNG.whispers()
    own_secret["payload"]["sender_id"] = x.ACCOUNT
    other_secret["filter"] = {"user_id": "3333333333333333333"}
    group["payload"]["conversation_id"] = "g2009"
    kinds = ("dm.sent", "dm.read", "dm.indicate_typing", "chat.sent", "oauth.revoke", "future")
    messages = {"direct_message_events": [YOUNG.says("안녕")]}
    return (
        "no object",
        7,
        {},
        ours,
        elsewhere,
        others,
        own_secret,
        other_secret,
        group,
        *(YOUNG.activity(kind, messages) for kind in kinds),
        YOUNG.activity("dm.received", {"direct_message_events": "no list"}),
        YOUNG.activity("chat.received", {}),
        YOUNG.says("다른 일") | {"type": "some_future_event"},
        YOUNG.says("빈 일") | {"message_create": "no object"},
        YOUNG.sends(text=""),
    )


def _problem(status: int, title: str, kind: str = "about:blank", **more: object) -> Event:
    return {"title": title, "detail": "canary-x", "type": kind, "status": status, **more}


def _refusals() -> tuple[Refusal, ...]:
    kinds = "https://api.x.com/2/problems"
    ours = _problem(403, "Client Forbidden", f"{kinds}/client-forbidden", reason="canary-x")
    return (
        Refusal(RecipientGone, "gone", 403, _problem(403, "Forbidden")),
        Refusal(TemporarySendError, "access", 403, ours, 60),
        Refusal(TemporarySendError, "access", 403, b"<html>canary-x</html>", 60),
        Refusal(TemporarySendError, "token", 401, _problem(401, "Unauthorized"), 60),
        Refusal(TemporarySendError, "quota", 402, _problem(402, "CreditsDepleted"), 600),
        Refusal(TemporarySendError, "rate_limit", 429, _problem(429, "Too Many Requests"), 60),
        Refusal(TemporarySendError, "rate_limit", 429, b"", 60),
        Refusal(PermanentSendError, "bad_request", 400, _problem(400, "Invalid Request")),
        Refusal(PermanentSendError, "bad_request", 200, {"errors": [_problem(400, "canary-x")]}),
        Refusal(TemporarySendError, "provider", 500, _problem(500, "Internal Server Error"), 1),
        Refusal(TemporarySendError, "provider", 503, b"<html>Unavailable</html>", 1),
        Refusal(TemporarySendError, "provider", 302, b"", 1),
        Refusal(TemporarySendError, "provider", 502, b"\xff\xfe", 1),
        Refusal(TemporarySendError, "answer", 200, b"<html>not the API</html>"),
        Refusal(TemporarySendError, "answer", 200, b"null"),
    )

"""What Meta sends for Messenger and Instagram, and how it refuses."""

from bot.channels.base import PermanentSendError, RecipientGone, TemporarySendError, WindowClosed
from bot.channels.meta import make_instagram, make_messenger
from bot.messages import MessageKind
from tests.contracts.case import Case, Event, Refusal
from tests.fakes import meta
from tests.fakes.meta import FakeInstagram, FakeMessenger, MetaPerson, error

YOUNG = MetaPerson()

Kind = tuple[Event, MessageKind, str, str | None]


def messenger_case() -> Case:
    return Case(
        name="messenger",
        provider=FakeMessenger,
        build=lambda url, timeout: make_messenger(
            meta.SECRET, meta.VERIFY_TOKEN, meta.TOKEN, url, timeout=timeout
        ),
        person=YOUNG,
        body=lambda event: meta.webhook("page", event)[0],
        proof=_proof,
        secrets=_SECRETS,
        kinds=_kinds(),
        ignored=_ignored(),
        refusals=_refusals(),
    )


def instagram_case() -> Case:
    return Case(
        name="instagram",
        provider=FakeInstagram,
        build=lambda url, timeout: make_instagram(
            meta.SECRET, meta.VERIFY_TOKEN, meta.TOKEN, url, timeout=timeout
        ),
        person=YOUNG,
        body=lambda event: meta.webhook("instagram", event)[0],
        proof=_proof,
        secrets=_SECRETS,
        kinds=_kinds() | _instagram_kinds(),
        ignored=_ignored(),
        refusals=(
            *_refusals(),
            Refusal(
                WindowClosed, "window", 403,
                error(10, "sent outside of allowed window", 2534022, type="IGApiException"),
            ),
            Refusal(
                RecipientGone, "gone", 400, error(100, "requested user cannot be found", 2534014)
            ),
        ),
    )  # fmt: skip


_SECRETS = (meta.TOKEN, meta.SECRET, meta.VERIFY_TOKEN, meta.PERSON)


def _proof(body: bytes) -> dict[str, str]:
    return {"x-hub-signature-256": meta.signature(body)}


def _kinds() -> dict[str, Kind]:
    attached = {"image": "image", "video": "video", "audio": "audio", "file": "file"}
    attached |= {"location": "location", "reel": "video", "template": "other", "share": "other"}
    kinds: dict[str, Kind] = {
        thing: (YOUNG.attaches(thing), MessageKind.ATTACHMENT, "", ours)
        for thing, ours in attached.items()
    }
    link = YOUNG.attaches("fallback", "https://example.org 이거 봐요")
    reaction = {"mid": "m_0", "action": "react", "emoji": "😢", "reaction": "sad"}
    return kinds | {
        "caption": (YOUNG.attaches("image", "이 사진"), MessageKind.ATTACHMENT, "이 사진", "image"),
        "link": (YOUNG.attaches("fallback"), MessageKind.ATTACHMENT, "", "other"),
        "words with a link": (link, MessageKind.TEXT, "https://example.org 이거 봐요", None),
        "sticker": (YOUNG.attaches("image", sticker_id=369239), MessageKind.STICKER, "", None),
        "unsupported": (YOUNG.sends(is_unsupported=True), MessageKind.ATTACHMENT, "", "other"),
        "unknown thing": (YOUNG.sends(future={}), MessageKind.ATTACHMENT, "", "other"),
        "reaction": (YOUNG.does(reaction=reaction), MessageKind.STICKER, "😢", None),
        "edit": (
            YOUNG.does(message_edit={"mid": "7", "text": "고친 말", "num_edit": "1"}),
            MessageKind.EDIT, "고친 말", None,
        ),
        "unsend": (
            YOUNG.does(message={"mid": "7", "is_deleted": True}), MessageKind.UNSEND, "", None,
        ),
        "postback": (
            YOUNG.does(postback={"title": "도움", "payload": "menu"}), MessageKind.BUTTON, "menu",
            None,
        ),
        "bare postback": (YOUNG.does(postback={"title": "도움"}), MessageKind.BUTTON, "도움", None),
        "answer to a message": (
            YOUNG.sends(text="그래요", reply_to={"mid": "m_1"}), MessageKind.TEXT, "그래요", None,
        ),
    }  # fmt: skip


def _instagram_kinds() -> dict[str, Kind]:
    story = {"story": {"id": "17", "url": "https://cdn.example/canary-media"}}
    return {
        "heart": (YOUNG.sends(attachments=[{"type": "like_heart"}]), MessageKind.STICKER, "❤️",
                  None),
        "story mention": (YOUNG.attaches("story_mention"), MessageKind.ATTACHMENT, "", "other"),
        "story reply": (
            YOUNG.sends(text="무서워요", reply_to=story), MessageKind.TEXT, "무서워요", None,
        ),
        "picture to a story": (
            YOUNG.attaches("image") | {"reply_to": story}, MessageKind.ATTACHMENT, "", "image",
        ),
    }  # fmt: skip


def _ignored() -> tuple[object, ...]:
    signals = ["read", "delivery", "optin", "referral", "account_linking", "policy-enforcement"]
    signals += ["policy_enforcement", "take_thread_control", "app_roles", "some_future_signal"]
    echo = YOUNG.says("우리가 쓴 말")
    echo["message"]["is_echo"] = True
    return (
        "no object",
        7,
        {},
        echo,
        *(YOUNG.does(**{signal: {"watermark": 1}}) for signal in signals),
        YOUNG.does(reaction={"mid": "m_0", "action": "unreact"}),
        YOUNG.does(reaction={"mid": "m_0", "action": "unreact", "emoji": "😢"}),
        YOUNG.does(message="no object"),
        YOUNG.does(message={}),
        YOUNG.does(message={"is_deleted": True}),
        YOUNG.does(message_edit={"text": "of nothing"}),
        YOUNG.does(postback={}),
        YOUNG.says("누구인지 모름") | {"sender": {"user_ref": "1234"}},
        YOUNG.says("계정이 스스로 씀") | {"sender": {"id": meta.ACCOUNT}},
    )


def _refusals() -> tuple[Refusal, ...]:
    gone = [error(551, "This person isn't available right now.", 1545041), error(551, "gone")]
    gone += [error(100, "No matching user found", 2018001), error(10, "not receiving", 2018108)]
    rates = [error(code, "limit reached, canary-x") for code in (4, 17, 32, 613, 80006)]
    return (
        *(Refusal(RecipientGone, "gone", 400, body) for body in gone),
        *(Refusal(TemporarySendError, "rate_limit", 400, body, 5) for body in rates),
        Refusal(TemporarySendError, "rate_limit", 429, b"", 5),
        Refusal(TemporarySendError, "rate_limit", 429, error(99, "too many"), 5),
        Refusal(WindowClosed, "window", 400, error(10, "outside of allowed window", 2018278)),
        Refusal(TemporarySendError, "token", 401, error(190, "Invalid OAuth access token."), 60),
        Refusal(TemporarySendError, "token", 400, error(190, "has expired", 463), 60),
        Refusal(TemporarySendError, "permission", 403, error(10, "no permission"), 60),
        Refusal(TemporarySendError, "permission", 403, error(230, "pages_messaging"), 60),
        Refusal(TemporarySendError, "provider", 500, error(1, "An unknown error occurred"), 1),
        Refusal(TemporarySendError, "provider", 400, error(2, "Please retry later"), 1),
        Refusal(TemporarySendError, "provider", 400, error(9, "odd", is_transient=True), 1),
        Refusal(TemporarySendError, "provider", 503, error(9, "odd"), 1),
        Refusal(PermanentSendError, "bad_request", 400, error(100, "Invalid parameter canary-x")),
        Refusal(PermanentSendError, "bad_request", 200, error(100, "Invalid parameter canary-x")),
        Refusal(PermanentSendError, "bad_request", 400, {"error": {"code": [], "x": {}}}),
        Refusal(TemporarySendError, "answer", 302, b""),
        Refusal(TemporarySendError, "answer", 404, b"<html>canary-x</html>"),
        Refusal(TemporarySendError, "answer", 502, b"\xff\xfe"),
        Refusal(TemporarySendError, "answer", 503, b"null"),
        Refusal(TemporarySendError, "answer", 200, b"[]"),
        Refusal(TemporarySendError, "answer", 200, b"<html>not the API</html>"),
    )

"""What Kakao sends: a skill's calls, and a dealer's calls of a consultation talk."""

import json
from datetime import UTC, datetime

from bot.channels.base import PermanentSendError, RecipientGone, TemporarySendError, WindowClosed
from bot.channels.kakao_consult import make_kakao_consult
from bot.channels.kakao_skill import make_kakao_skill
from bot.channels.kakao_texts import KakaoTexts
from bot.messages import MessageKind
from tests.contracts.case import Case, Event, Refusal
from tests.fakes import kakao
from tests.fakes.kakao import ConsultPerson, FakeKakao, SkillPerson, console_test

CALLER, YOUNG = SkillPerson(), ConsultPerson()
NOW = datetime(2025, 11, 24, 16, 0, tzinfo=UTC)
TEXTS = KakaoTexts(
    waiting="조금만 기다려 주세요.",
    not_stored="지금은 받지 못했어요. 109에 전화할 수 있어요.",
    too_much="너무 많이 와서 남겨 두지 못해요. 위험하면 112에 전화하세요.",
    test="스킬이 연결되었어요.",
    check_label="답장 확인",
    operator="아래 버튼을 누르면 상담 선생님과 이어져요.",
    operator_label="상담직원 연결",
)
PICTURE = "http://dn-m.talk.kakao.com/talkm/bl29h5I7Vso/58Ts9emhMRxr/i_uf0s78xwnb04.png"
REFERENCE = "ref_0123456789abcdef"

Kind = tuple[Event, MessageKind, str, str | None]


def consult_case() -> Case:
    return Case(
        name="kakao-consult",
        provider=FakeKakao,
        build=lambda url, timeout: make_kakao_consult(
            kakao.CONSULT_KEY, kakao.TOKEN, url, timeout=timeout
        ),
        person=YOUNG,
        body=_consult_body,
        proof=kakao.consult_headers,
        secrets=(kakao.TOKEN, kakao.CONSULT_KEY, kakao.USER),
        kinds=_consult_kinds(),
        ignored=(YOUNG.sends("some_future_thing"), YOUNG.sends("7"), YOUNG.says("") | {"type": 7}),
        refusals=_refusals(),
    )


def skill_case() -> Case:
    """For reading only: a skill answers inside its call, and so has tests of its own."""
    return Case(
        name="kakao",
        provider=FakeKakao,
        build=lambda url, timeout: make_kakao_skill(
            kakao.SKILL_KEY, kakao.BOT, TEXTS, lambda: NOW, url
        ),
        person=CALLER,
        body=lambda event: json.dumps(event).encode(),
        proof=lambda _: {"x-gyeot-skill-key": kakao.SKILL_KEY},
        secrets=(kakao.SKILL_KEY, kakao.PERSON),
        kinds=skill_kinds(),
        ignored=(console_test(),),
        refusals=(),
    )


def skill_kinds() -> dict[str, Kind]:
    secure = '{"secureUrls": "List(https://secure.kakaocdn.net/a, https://secure.kakaocdn.net/b)"}'
    attached = MessageKind.ATTACHMENT
    return {
        "press": (CALLER.presses("topic:x"), MessageKind.BUTTON, "topic:x", None),
        "check": (CALLER.presses("check:reply"), MessageKind.BUTTON, "check:reply", None),
        "check typed": (CALLER.says("답장 확인 "), MessageKind.BUTTON, "check:reply", None),
        "picture": (CALLER.says(PICTURE), attached, "", "image"),
        "pictures": (CALLER.says(f"{PICTURE}\n{PICTURE}"), attached, "", "image"),
        "picture with words": (CALLER.says(f"이거 봐요 {PICTURE}"), attached, "이거 봐요", "image"),
        "plugin": (CALLER.sends_through_plugin(f"List({PICTURE})", secure), attached, "", "image"),
        "plugin with words": (
            CALLER.sends_through_plugin("무서워요", {"secureUrls": []}), attached, "무서워요",
            "image",
        ),
        "another link": (
            CALLER.says("https://example.org/x"), MessageKind.TEXT, "https://example.org/x", None,
        ),
        "nothing said": (CALLER.says("  "), MessageKind.START, "", None),
    }  # fmt: skip


def _consult_body(event: object) -> bytes:
    """Write one call; a test that sets `timestamp`, as other providers call it, means `time`."""
    if isinstance(event, dict) and "timestamp" in event:
        event = event | {"time": event["timestamp"]}
    return json.dumps(event).encode()


def _consult_kinds() -> dict[str, Kind]:
    link = {"attachment": {"url": PICTURE}}
    ours = {"photo": "image", "video": "video", "audio": "audio", "file": "file"}
    return {
        **{
            thing: (YOUNG.sends(thing, content=PICTURE, **link), MessageKind.ATTACHMENT, "", kind)
            for thing, kind in ours.items()
        },
        "caption": (
            YOUNG.sends("photo", content="이 사진", **link), MessageKind.ATTACHMENT, "이 사진",
            "image",
        ),
        "too long": (
            YOUNG.sends("text", content="처음 300자", **link), MessageKind.ATTACHMENT,
            "처음 300자", "long_text",
        ),
        "press": (YOUNG.presses("topic:x"), MessageKind.BUTTON, "topic:x", None),
        "comes over": (YOUNG.comes_over(REFERENCE), MessageKind.JOIN, "", None),
        "comes over, as JSON": (
            YOUNG.comes_over(json.dumps({"reference": REFERENCE})), MessageKind.JOIN, "", None,
        ),
        "comes over, as object": (
            YOUNG.comes_over({"reference": REFERENCE}), MessageKind.JOIN, "", None,
        ),
        "opens by themselves": (YOUNG.comes_over("메타 정보"), MessageKind.START, "", None),
        "session over": (YOUNG.leaves(), MessageKind.LEAVE, "", None),
    }  # fmt: skip


def _code(code: object) -> Event:
    return {"code": code, "message": "canary-x"}


def _refusals() -> tuple[Refusal, ...]:
    broken = (-503, -505, -506, -509, -510)
    contract = (-400, -500, -501, -507, -508, -512)
    return (
        Refusal(WindowClosed, "no_session", 200, _code(-502)),
        Refusal(RecipientGone, "gone", 200, _code(-511)),
        Refusal(RecipientGone, "gone", 400, _code(-511)),
        *(Refusal(PermanentSendError, "bad_request", 200, _code(code)) for code in broken),
        *(Refusal(TemporarySendError, "contract", 200, _code(code), 60) for code in contract),
        Refusal(TemporarySendError, "provider", 200, _code(-600), 1),
        Refusal(TemporarySendError, "provider", 500, _code(-601), 1),
        Refusal(TemporarySendError, "provider", 200, _code(-999), 1),
        Refusal(TemporarySendError, "provider", 200, _code("x"), 1),
        Refusal(TemporarySendError, "contract", 401, b"<html>canary-x</html>", 60),
        Refusal(TemporarySendError, "contract", 404, b"", 60),
        Refusal(TemporarySendError, "rate_limit", 429, b"", 5),
        Refusal(PermanentSendError, "bad_request", 413, b"null"),
        Refusal(TemporarySendError, "provider", 302, b"", 1),
        Refusal(TemporarySendError, "provider", 502, b"\xff\xfe", 1),
        Refusal(TemporarySendError, "answer", 200, b"<html>not the API</html>"),
        Refusal(TemporarySendError, "answer", 200, b"null"),
    )

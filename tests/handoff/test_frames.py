"""The JSON on the socket, with what a hostile page could send."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff import frame_text, frames, wishes
from handoff.wishes import (
    Accept,
    ChoosePresence,
    Claim,
    ClaimNext,
    Close,
    Decline,
    Heartbeat,
    InvalidFrame,
    JudgeRisk,
    MakeOffer,
    Release,
    Say,
    ToBot,
    Wish,
    Withdraw,
    WriteNote,
)
from storage.records import DeliveryState, FollowUp, Line, Outcome, Presence, Risk, Speaker
from tests.factories import NOON

TALK, KEY = UUID(int=1), UUID(int=2)
FIELDS: dict[str, object] = {
    "conversation": str(TALK),
    "version": 3,
    "epoch": 4,
    "key": str(KEY),
    "text": "안녕",
    "active": True,
    "seen": 9,
    "risk": 2,
    "colleague": str(KEY),
    "state": "pausing",
}
NEEDED = {
    "claim": ("conversation", "version"),
    "next": (),
    "say": ("conversation", "epoch", "key", "text"),
    "release": ("conversation", "epoch"),
    "close": ("conversation", "epoch", "seen"),
    "to_bot": ("conversation", "epoch", "seen"),
    "risk": ("conversation", "epoch", "risk"),
    "note": ("conversation", "epoch", "key", "text"),
    "offer": ("conversation", "epoch", "colleague"),
    "withdraw": ("conversation", "epoch"),
    "accept": ("conversation", "epoch"),
    "decline": ("conversation", "epoch"),
    "presence": ("state",),
    "heartbeat": ("active",),
}
WRONG: list[object] = [None, [], {}, 1.5, "", "x" * 36, -1, 2**31, [str(TALK)]]


def frame(kind: str, **changed: object) -> str:
    return json.dumps({"v": 1, "type": kind, **{n: FIELDS[n] for n in NEEDED[kind]}, **changed})


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("claim", Claim(TALK, 3)),
        ("next", ClaimNext()),
        ("say", Say(TALK, 4, KEY, "안녕")),
        ("release", Release(TALK, 4)),
        ("close", Close(TALK, 4, 9)),
        ("to_bot", ToBot(TALK, 4, 9)),
        ("risk", JudgeRisk(TALK, 4, Risk.HIGH)),
        ("note", WriteNote(TALK, 4, KEY, "안녕")),
        ("offer", MakeOffer(TALK, 4, KEY)),
        ("withdraw", Withdraw(TALK, 4)),
        ("accept", Accept(TALK, 4)),
        ("decline", Decline(TALK, 4)),
        ("presence", ChoosePresence(Presence.PAUSING)),
        ("heartbeat", Heartbeat(True)),
    ],
)
def test_each_frame_is_read_and_knows_its_name(kind: str, read: Wish) -> None:
    assert wishes.parse(frame(kind)) == read
    assert wishes.name_of(read) == kind


def test_a_goodbye_says_how_it_ended_and_hands_over_with_a_note() -> None:
    said = wishes.parse(frame("close", outcome="referred", follow_up="talk_over"))
    assert said == Close(TALK, 4, 9, Outcome.REFERRED, FollowUp.TALK_OVER)
    assert wishes.parse(frame("release", note="쪽지")) == Release(TALK, 4, "쪽지")
    wrong: list[dict[str, object]] = [{"outcome": "x"}, {"outcome": []}, {"follow_up": "x"}]
    for hostile in wrong:
        with pytest.raises(InvalidFrame):
            wishes.parse(frame("close", **hostile))


def test_a_field_of_the_wrong_type_is_refused() -> None:
    for kind, names in NEEDED.items():
        for name in names:
            for value in WRONG:
                if name == "text" and isinstance(value, str):
                    continue
                with pytest.raises(InvalidFrame):
                    wishes.parse(frame(kind, **{name: value}))


def test_a_boolean_is_not_a_number_and_a_number_no_boolean() -> None:
    for hostile in (frame("claim", version=True), frame("heartbeat", active=1)):
        with pytest.raises(InvalidFrame):
            wishes.parse(hostile)


def test_a_missing_field_is_refused() -> None:
    for kind, names in NEEDED.items():
        for name in names:
            fields = json.loads(frame(kind))
            del fields[name]
            with pytest.raises(InvalidFrame):
                wishes.parse(json.dumps(fields))


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "x",
        "null",
        "[]",
        "1",
        '"claim"',
        "{}",
        '{"v":1}',
        '{"v":2,"type":"next"}',
        '{"v":"1","type":"next"}',
        '{"v":1,"type":"erase"}',
        '{"v":1,"type":["next"]}',
        '{"v":1,"type":"__class__"}',
        "[" * 10_000,
        '{"v":' * 3_000,
        "9" * 5_000,
        json.dumps({"v": 1, "type": "say", "text": "a" * 100_000}),
        "가" * 100_000,
    ],
)
def test_a_hostile_frame_is_refused_and_not_repeated_in_the_error(hostile: str) -> None:
    with pytest.raises(InvalidFrame) as caught:
        wishes.parse(hostile)
    assert len(str(caught.value)) < 20


@given(st.text(max_size=300) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_nothing_but_an_invalid_frame_is_ever_raised(text: str) -> None:
    with pytest.raises(InvalidFrame):
        wishes.parse(text)


@given(st.text(max_size=200))
def test_what_was_written_arrives_as_it_was_written(text: str) -> None:
    line = Line(KEY, 1, Speaker.PERSON, text, "text", NOON, None)
    sent = frame_text.dump(frames.Lines(TALK, (line,)))
    assert sent.isascii()
    assert json.loads(sent)["lines"][0]["text"] == text


def test_only_a_counselors_line_tells_its_id() -> None:
    for speaker in Speaker:
        line = Line(KEY, 1, speaker, "안녕", "text", NOON, DeliveryState.SENT)
        shown = json.loads(frame_text.dump(frames.Lines(TALK, (line,))))["lines"][0]
        assert (shown["key"] == str(KEY)) is (speaker is Speaker.COUNSELOR)

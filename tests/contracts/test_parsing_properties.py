"""No bytes make a channel's reader do anything but read or refuse."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import InvalidPayload, InvalidSignature
from tests.contracts.case import NOWHERE, Case
from tests.contracts.cases import CASES as SENDING
from tests.contracts.cases_kakao import skill_case

CASES = SENDING | {"kakao": skill_case()}  # a skill has no `send` of its own, but it reads
CHANNELS = {name: case.build(NOWHERE, 1.0) for name, case in CASES.items()}
EXAMPLES = settings(max_examples=300, deadline=None)

SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["private", "user", "message", "text", "kicked", "\ud800", "\0", 10**30, ""])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "text", "chat", "from", "message", "data", "date"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def read(case: Case, body: bytes) -> None:
    # A signature too: a twisted call may name another bot than ours.
    with contextlib.suppress(InvalidPayload, InvalidSignature):
        for message in CHANNELS[case.name].parse(body, case.proof(body)):
            assert message.event_id
            assert message.account
            (message.text + message.event_id + message.address).encode()
            assert message.sent_at.tzinfo


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(body=st.binary(max_size=200), header=st.text(max_size=80))
def test_no_bytes_and_no_proof_break_the_reader(name: str, body: bytes, header: str) -> None:
    read(CASES[name], body)
    with contextlib.suppress(InvalidSignature, InvalidPayload):
        CHANNELS[name].parse(body, dict.fromkeys(CASES[name].proof(body), header))


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(data=st.data())
def test_no_twisted_event_breaks_the_reader(name: str, data: st.DataObject) -> None:
    case = CASES[name]
    events = [event for event, *_ in case.kinds.values()]
    events += [case.person.says("안녕"), case.person.presses("x")]
    event = json.loads(json.dumps(data.draw(st.sampled_from(events))))

    for _ in range(data.draw(st.integers(1, 3))):
        twist(event, data)

    read(case, case.body(event))


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(value=VALUES)
def test_no_json_value_breaks_the_reader(name: str, value: object) -> None:
    read(CASES[name], json.dumps(value).encode())
    read(CASES[name], CASES[name].body(value))


def twist(event: dict[str, Any], data: st.DataObject) -> None:
    """Replace, at a drawn depth, one member by anything."""
    place = event
    while place:
        key = data.draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and data.draw(st.booleans()):
            place = place[key]
        else:
            place[key] = data.draw(VALUES)
            return

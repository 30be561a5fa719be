"""What the policy holds to, over anything that may arrive."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from bot.dialogue.risk import CATEGORIES
from bot.dialogue.turn import Decision, Part, Screening, Turn
from bot.messages import MessageKind, NluResult
from storage.records import AskReason, Language, Risk
from tests.bot.dialogue.turns import ACTIVE, BOT, CONTENT, QUEUED, turn

TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "ㅠㅠ", "1", "다음", "취소", "상담사", "지워줘", "죽고 싶어", "English"]),
    st.sampled_from(sorted({c.payload for c in CONTENT.choices.values()})),
)
PARTS = st.builds(
    Part,
    text=TEXTS,
    kind=st.sampled_from(MessageKind),
    attachment=st.sampled_from([None, "image", "audio"]),
)
RESULTS = st.builds(
    NluResult,
    intent=st.sampled_from([*sorted(CONTENT.groups), "ask_human", "unknown"]),
    confidence=st.floats(0, 1),
)
SCREENINGS = st.builds(
    Screening, level=st.sampled_from(Risk), category=st.sampled_from([None, *CATEGORIES])
)
STEPS = st.dictionaries(st.sampled_from(sorted(CONTENT.groups)), st.integers(0, 6), max_size=5)
MEMORIES = st.builds(
    Memory,
    topic=st.sampled_from([None, *sorted(CONTENT.steps.harms)]),
    steps=STEPS,
    misunderstood=st.integers(0, 3),
    last=st.sampled_from([None, *sorted(CONTENT.sentences)]),
    choices=st.lists(
        st.sampled_from(sorted({c.payload for c in CONTENT.choices.values()})), max_size=5
    ).map(tuple),
    introduced=st.booleans(),
)
TURNS = st.builds(
    Turn,
    parts=st.lists(PARTS, min_size=1, max_size=4).map(tuple),
    joined=TEXTS,
    nlu=st.none() | RESULTS,
    risk=SCREENINGS,
    state=st.sampled_from([BOT, QUEUED, ACTIVE]),
    language=st.sampled_from(Language),
    memory=MEMORIES,
    first=st.booleans(),
)


@settings(max_examples=600, deadline=None)
@given(TURNS)
def test_whatever_arrives_is_answered_unless_a_counselor_owns_the_talk(arrived: Turn) -> None:
    decision = decide(arrived, CONTENT)

    gone = all(part.kind is MessageKind.LEAVE for part in arrived.parts)
    silent = arrived.state is ACTIVE or gone or decision.erase  # its last word comes afterwards
    if arrived.state is ACTIVE and decision.replies:
        assert _is_about_erasing(decision)
    else:
        assert (not decision.replies) is silent
    assert len(decision.replies) <= 2
    assert decision.risk >= arrived.risk.level
    assert Memory.load(decision.memory.dump()) == decision.memory


def _is_about_erasing(decision: Decision) -> bool:
    """The one thing that is answered whoever leads the talk."""
    return (decision.memory.last or "").rpartition(".")[0] in ("erase", "kept")


@settings(max_examples=300, deadline=None)
@given(st.lists(TURNS, min_size=2, max_size=8))
def test_no_sentence_is_said_twice_in_a_row(turns: list[Turn]) -> None:
    memory, last = Memory(), ""
    for arrived in turns:
        decision = decide(replace(arrived, memory=memory, language=Language.KO), CONTENT)
        memory = decision.memory
        for reply in decision.replies:
            assert reply.text != last
            last = reply.text


@settings(max_examples=200, deadline=None)
@given(TURNS)
def test_high_risk_always_asks_for_a_person(arrived: Turn) -> None:
    decision = decide(arrived, CONTENT)

    if arrived.risk.level >= Risk.HIGH and decision.replies:
        assert decision.ask is AskReason.CRISIS


@pytest.mark.parametrize(
    ("confidence", "topic"), [(0.7, "image_sharing"), (0.53, "image_sharing"), (0.3, "grooming")]
)
def test_a_likely_harm_is_truer_than_the_broad_category_of_a_risk_rule(
    confidence: float, topic: str
) -> None:
    made = turn("음 그게", intent="image_sharing", confidence=confidence)
    risky = replace(made, risk=Screening(Risk.HIGH, "grooming", "a_rule"))

    decision = decide(risky, CONTENT)

    assert decision.topic == topic
    assert decision.ask is AskReason.CRISIS

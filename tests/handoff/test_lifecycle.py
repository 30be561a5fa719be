"""Who answers, over the whole domain."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from handoff.errors import IllegalTransition
from handoff.lifecycle import (
    TRANSITIONS,
    Event,
    after,
    asked,
    cancelled,
    claimed,
    closed,
    erased,
    finished,
    lapsed,
    left,
    released,
)
from storage.records import AskReason, Conversation, ConversationState, Language, Risk
from tests.factories import NOON

State = ConversationState
ME = UUID(int=7)
LATER = NOON + timedelta(minutes=10)
MACHINES = (Event.EXPIRE, Event.LAPSE)
TALK = Conversation(
    id=UUID(int=1),
    contact_id=UUID(int=2),
    channel="fake",
    state=State.BOT,
    language=Language.KO,
    risk=Risk.NONE,
    topic=None,
    reason=None,
    version=1,
    epoch=0,
    owner_id=None,
    opened_at=NOON,
    heard_at=NOON,
    queued_at=None,
    lease_until=None,
    closed_at=None,
)
QUEUED = asked(TALK, AskReason.REQUESTED, risk=Risk.LOW, now=NOON)
ACTIVE = claimed(QUEUED, ME, lease_until=LATER)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_every_pair_is_either_listed_or_refused(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalTransition):
            after(state, event)


def test_no_machine_ends_a_wait() -> None:
    assert not [pair for pair in TRANSITIONS if pair[0] is State.QUEUED and pair[1] in MACHINES]


def test_a_wait_ends_only_with_a_counselor_or_by_the_young_persons_own_word() -> None:
    ways_out = {e for (s, e), to in TRANSITIONS.items() if s is State.QUEUED and to is not s}
    assert ways_out == {Event.CLAIM, Event.CANCEL, Event.ERASE}


def test_a_clock_only_ends_talks_with_the_bot() -> None:
    assert [state for state, event in TRANSITIONS if event is Event.EXPIRE] == [State.BOT]


def test_nothing_follows_the_end_but_the_young_persons_wish_that_all_goes() -> None:
    over = {pair for pair in TRANSITIONS if pair[0] in (State.CLOSED, State.ERASED)}
    assert over == {(State.CLOSED, Event.ERASE), (State.ERASED, Event.ERASE)}


@pytest.mark.parametrize("state", State)
def test_everything_can_be_erased_and_says_nothing_of_what_it_was(state: State) -> None:
    gone = erased(replace(ACTIVE, state=state), now=LATER)

    assert gone.state is State.ERASED
    assert (gone.risk, gone.topic, gone.reason, gone.owner_id) == (Risk.NONE, None, None, None)
    assert (gone.queued_at, gone.lease_until, gone.closed_at) == (None, None, LATER)


def test_asking_starts_the_wait() -> None:
    assert (QUEUED.state, QUEUED.queued_at, QUEUED.risk) == (State.QUEUED, NOON, Risk.LOW)


def test_asking_again_keeps_the_place_and_never_lowers_the_risk() -> None:
    again = asked(QUEUED, AskReason.NOT_UNDERSTOOD, risk=Risk.NONE, now=LATER)
    assert again == QUEUED


def test_a_crisis_replaces_a_lesser_reason_and_raises_the_risk() -> None:
    again = asked(QUEUED, AskReason.CRISIS, risk=Risk.IMMINENT, now=LATER)
    assert (again.reason, again.risk) == (AskReason.CRISIS, Risk.IMMINENT)
    assert again.queued_at == NOON


def test_asking_while_a_counselor_is_there_keeps_the_counselor() -> None:
    again = asked(ACTIVE, AskReason.CRISIS, risk=Risk.HIGH, now=LATER)
    assert (again.state, again.owner_id, again.epoch) == (State.ACTIVE, ME, 1)


def test_every_claim_is_a_new_epoch() -> None:
    second = claimed(released(ACTIVE), UUID(int=8), lease_until=LATER)
    assert (ACTIVE.epoch, second.epoch) == (1, 2)


def test_a_talk_given_back_has_its_place_and_risk_and_no_owner() -> None:
    for back in (released(ACTIVE), lapsed(ACTIVE)):
        assert back == replace(QUEUED, epoch=1)


def test_a_wait_that_was_cancelled_starts_anew() -> None:
    again = asked(cancelled(QUEUED), AskReason.REQUESTED, risk=Risk.NONE, now=LATER)
    assert again.queued_at == LATER


def test_a_closed_talk_keeps_its_owner_for_the_notes_and_has_no_lease() -> None:
    said_goodbye = closed(ACTIVE, now=LATER)
    assert (said_goodbye.state, said_goodbye.owner_id) == (State.WRAPUP, ME)
    assert (said_goodbye.lease_until, said_goodbye.closed_at) == (None, LATER)
    assert finished(said_goodbye).state is State.CLOSED


def test_a_block_ends_a_talk_with_the_bot_only() -> None:
    assert left(TALK, now=LATER).state is State.CLOSED
    assert left(QUEUED, now=LATER) == QUEUED
    assert left(ACTIVE, now=LATER) == ACTIVE

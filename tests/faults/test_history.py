"""The checker of histories: a good one passes, and each rule is seen to fail on a bad one."""

from dataclasses import replace

import pytest

from tests.faults.history import (
    Act,
    Arrival,
    Event,
    History,
    Outgoing,
    Rule,
    Spoken,
    Talk,
    check,
    counts,
    repeats,
)

ANNA, OWNER, OTHER = "account-anna", "staff-1", "staff-2"
SENT = Outgoing("d1", "sent", "", attempt=1, created_at=10.0, settled_at=11.0)
LINES = (
    Spoken(1, "person", "번호 000001 안녕"),
    Spoken(2, "person", "번호 000002 저예요"),
    Spoken(3, "bot", "잘 왔어요.", SENT),
)
ACTS = (Act("ask", None), Act("claim", OWNER), Act("say", OWNER), Act("release", OWNER))
TALK = Talk("t1", "telegram", ANNA, epoch=1, owner=None, last_seq=3, lines=LINES, acts=ACTS)
SEEN = Arrival("telegram", ANNA, "잘 왔어요.", at=11.1)
GOOD = History(
    events=(Event(1, "telegram", ANNA, at=9.0), Event(2, "telegram", ANNA, at=9.1)),
    talks=(TALK,),
    arrivals=(SEEN,),
)


def broken(history: History) -> set[Rule]:
    return {finding.rule for finding in check(history)}


def with_lines(*lines: Spoken, last_seq: int | None = None) -> History:
    talk = replace(TALK, lines=lines, last_seq=len(lines) if last_seq is None else last_seq)
    return replace(GOOD, talks=(talk,))


def with_acts(*acts: Act, epoch: int, owner: str | None = None) -> History:
    return replace(GOOD, talks=(replace(TALK, acts=acts, epoch=epoch, owner=owner),))


def with_delivery(outgoing: Outgoing, *arrivals: Arrival) -> History:
    lines = (*LINES[:2], replace(LINES[2], outgoing=outgoing))
    return replace(with_lines(*lines), arrivals=arrivals)


def test_a_good_history_breaks_no_rule() -> None:
    assert check(GOOD) == ()
    assert set(counts(check(GOOD)).values()) == {0}
    assert repeats(GOOD) == 0


def test_an_event_that_was_answered_and_is_in_no_transcript_is_lost() -> None:
    line = replace(LINES[1], text="앞말")

    assert broken(with_lines(LINES[0], line, LINES[2])) == {Rule.LOST}


def test_an_event_in_the_transcript_of_somebody_else_is_lost() -> None:
    events = (replace(GOOD.events[0], account="account-berta"), GOOD.events[1])

    assert broken(replace(GOOD, events=events)) == {Rule.LOST}


def test_the_same_account_on_another_channel_is_somebody_else() -> None:
    events = (replace(GOOD.events[0], channel="line"), GOOD.events[1])

    assert broken(replace(GOOD, events=events)) == {Rule.LOST}


def test_an_event_that_stands_twice_is_doubled() -> None:
    again = replace(LINES[0], seq=4)

    assert broken(with_lines(*LINES, again)) == {Rule.DOUBLED}


def test_an_event_that_stands_in_two_talks_is_doubled() -> None:
    other = replace(TALK, id="t2", lines=(LINES[0],), last_seq=1, acts=(), epoch=0)

    assert broken(replace(GOOD, talks=(TALK, other))) == {Rule.DOUBLED}


def test_the_number_in_an_answer_is_not_an_event() -> None:
    echo = Spoken(4, "counselor", "번호 000001", replace(SENT, id="d2"))
    seen = replace(SEEN, text="번호 000001")

    assert check(replace(with_lines(*LINES, echo), arrivals=(SEEN, seen))) == ()


def test_events_in_another_order_than_they_came_are_disordered() -> None:
    swapped = (replace(LINES[1], seq=1), replace(LINES[0], seq=2), LINES[2])

    assert broken(with_lines(*swapped)) == {Rule.DISORDERED}


def test_events_that_were_delivered_side_by_side_have_no_order() -> None:
    swapped = with_lines(replace(LINES[1], seq=1), replace(LINES[0], seq=2), LINES[2])
    events = tuple(replace(event, ordered=False) for event in GOOD.events)

    assert check(replace(swapped, events=events)) == ()


@pytest.mark.parametrize("last_seq", [2, 4])
def test_a_transcript_that_ends_elsewhere_than_its_counter_is_gapped(last_seq: int) -> None:
    assert broken(with_lines(*LINES, last_seq=last_seq)) == {Rule.GAPPED}


def test_a_transcript_that_leaves_a_number_out_is_gapped() -> None:
    assert broken(with_lines(*LINES[:2], replace(LINES[2], seq=4), last_seq=4)) == {Rule.GAPPED}


def test_a_claim_of_an_owned_talk_is_double_owned() -> None:
    history = with_acts(Act("claim", OWNER), Act("claim", OTHER), epoch=2, owner=OTHER)

    assert broken(history) == {Rule.DOUBLE_OWNED}


@pytest.mark.parametrize("end", ["release", "lapse", "close"])
def test_a_claim_after_the_talk_was_given_back_is_fine(end: str) -> None:
    by = None if end == "lapse" else OWNER
    acts = (Act("claim", OWNER), Act(end, by), Act("claim", OTHER))

    assert check(with_acts(*acts, epoch=2, owner=OTHER)) == ()


def test_words_of_somebody_who_is_not_the_owner_are_double_owned() -> None:
    acts = (Act("claim", OWNER), Act("lapse", None), Act("claim", OTHER), Act("say", OWNER))

    assert broken(with_acts(*acts, epoch=2, owner=OTHER)) == {Rule.DOUBLE_OWNED}


@pytest.mark.parametrize("epoch", [0, 2])
def test_an_epoch_without_its_own_claim_is_double_owned(epoch: int) -> None:
    assert broken(with_acts(*ACTS, epoch=epoch)) == {Rule.DOUBLE_OWNED}


def test_an_owner_who_never_claimed_is_double_owned() -> None:
    assert broken(with_acts(Act("ask", None), epoch=0, owner=OTHER)) == {Rule.DOUBLE_OWNED}


def test_a_sent_line_that_nobody_saw_is_unsent() -> None:
    assert broken(with_delivery(SENT)) == {Rule.UNSENT}


def test_a_sent_line_that_somebody_else_saw_is_unsent_and_repeated() -> None:
    wrong = replace(SEEN, recipient="account-berta")

    assert broken(with_delivery(SENT, wrong)) == {Rule.UNSENT, Rule.REPEATED}


def test_a_line_that_is_still_pending_in_the_end_is_unsent() -> None:
    pending = replace(SENT, state="pending", settled_at=None)

    assert broken(with_delivery(pending)) == {Rule.UNSENT}


def test_a_dead_line_must_say_why() -> None:
    dead = replace(SENT, state="dead")

    assert broken(with_delivery(dead)) == {Rule.UNSENT}
    assert check(with_delivery(replace(dead, code="gone"))) == ()


@pytest.mark.parametrize("state", ["waiting_for_user", "cancelled"])
def test_a_line_whose_state_says_why_it_did_not_arrive_is_fine(state: str) -> None:
    assert check(with_delivery(replace(SENT, state=state))) == ()


def test_two_messages_from_one_attempt_are_repeated() -> None:
    again = replace(SEEN, at=10.5)

    assert broken(with_delivery(SENT, again, SEEN)) == {Rule.REPEATED}


def test_a_repeat_of_a_second_attempt_is_counted_and_allowed() -> None:
    twice = with_delivery(replace(SENT, attempt=2, settled_at=11.0), replace(SEEN, at=10.5), SEEN)

    assert check(twice) == ()
    assert repeats(twice) == 1


def test_one_key_that_a_person_saw_twice_is_repeated() -> None:
    keyed = replace(SEEN, key="d1")
    tried = replace(SENT, attempt=2)

    assert broken(with_delivery(tried, replace(keyed, at=10.5), keyed)) == {Rule.REPEATED}


def test_two_messages_after_the_last_attempt_began_are_sent_after_the_fence() -> None:
    tried = replace(SENT, attempt=2, settled_at=11.0)

    late = with_delivery(tried, SEEN, replace(SEEN, at=12.0))

    assert broken(late) == {Rule.SENT_AFTER_FENCE}


def test_equal_words_of_a_later_delivery_are_no_repeat() -> None:
    later = replace(SENT, id="d2", settled_at=15.0)
    lines = (*LINES, Spoken(4, "bot", LINES[2].text, later))
    history = replace(with_lines(*lines), arrivals=(SEEN, replace(SEEN, at=15.1)))

    assert check(history) == ()


def test_words_that_travel_beside_a_sentence_are_no_other_message() -> None:
    beside = replace(SEEN, text=f"{SEEN.text}\n\n걷는버스 반짝이는토끼 느린자전거")

    assert check(replace(GOOD, arrivals=(beside,))) == ()
    assert broken(replace(GOOD, arrivals=(replace(SEEN, text="다른 말"),))) == {
        Rule.UNSENT,
        Rule.REPEATED,
    }

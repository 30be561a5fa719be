"""What happened in a run, and the rules that it must keep; pure, no I/O.

A history is what the providers saw (which events were answered 200, what reached whom) beside
what the house kept (transcripts, deliveries, audit rows). `check` compares the two.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

_NUMBER = re.compile(r"번호 (\d{6})")


class Rule(StrEnum):
    """What must never be true of a run."""

    LOST = "lost"
    DOUBLED = "doubled"
    DISORDERED = "disordered"
    GAPPED = "gapped"
    DOUBLE_OWNED = "double-owned"
    UNSENT = "unsent"
    REPEATED = "repeated"
    SENT_AFTER_FENCE = "sent-after-fence"


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered text that was answered 200, in the order of its sender's deliveries."""

    number: int
    channel: str
    account: str
    at: float  # seconds since 1970 of the first 200
    ordered: bool = True  # False: delivered beside another one of its sender, on purpose


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How far an outbound line came; times are seconds since 1970."""

    id: str  # what the provider is told as the key of the first piece
    state: str
    code: str
    attempt: int
    created_at: float
    settled_at: float | None  # the moment the last attempt began


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of a transcript."""

    seq: int
    speaker: str
    text: str = field(repr=False)
    outgoing: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One audit row of a talk."""

    action: str
    staff: str | None


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation as the database tells it, lines and acts in their order."""

    id: str
    channel: str
    account: str
    epoch: int
    owner: str | None
    last_seq: int
    lines: tuple[Spoken, ...]
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that a person saw; `at` is when the provider got the request for it."""

    channel: str
    recipient: str
    text: str = field(repr=False)
    at: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A whole run."""

    events: tuple[Event, ...]
    talks: tuple[Talk, ...]
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation; names numbers and ids, never words."""

    rule: Rule
    where: str


def check(history: History) -> tuple[Finding, ...]:
    """Return every violation in a run, in the order of the rules."""
    heard = _heard(history.talks)
    found = [
        *_lost_or_doubled(history.events, heard),
        *_disordered(history.events, heard),
        *(finding for talk in history.talks for finding in _gapped(talk)),
        *(finding for talk in history.talks for finding in _double_owned(talk)),
        *_on_the_road(history),
    ]
    return tuple(sorted(found, key=lambda finding: list(Rule).index(finding.rule)))


def counts(findings: Iterable[Finding]) -> Mapping[Rule, int]:
    """Return how often each rule was broken, those that were kept included."""
    seen = Counter(finding.rule for finding in findings)
    return {rule: seen[rule] for rule in Rule}


def repeats(history: History) -> int:
    """Return how many messages a person saw again; allowed where a provider knows no key."""
    sent = sum(
        1
        for talk in history.talks
        for line in talk.lines
        if line.outgoing is not None and line.outgoing.state == "sent"
    )
    return max(0, len(history.arrivals) - sent)


def number_of(text: str) -> int | None:
    """Return the number that a text of the driver carries."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None


Sender = tuple[str, str]  # channel, account
Heard = Mapping[Sender, Sequence[int]]


def _heard(talks: Sequence[Talk]) -> Heard:
    """Return the numbers in each sender's transcripts, talk after talk."""
    heard: dict[Sender, list[int]] = defaultdict(list)
    for talk in talks:
        for line in talk.lines:
            number = number_of(line.text) if line.speaker == "person" else None
            if number is not None:
                heard[talk.channel, talk.account].append(number)
    return heard


def _lost_or_doubled(events: Sequence[Event], heard: Heard) -> Iterator[Finding]:
    """Every event answered 200 is in a transcript of its own sender, once."""
    seen = {sender: Counter(numbers) for sender, numbers in heard.items()}
    for event in events:
        times = seen.get((event.channel, event.account), Counter())[event.number]
        if times == 0:
            yield Finding(Rule.LOST, f"event {event.number} on {event.channel}")
        if times > 1:
            yield Finding(Rule.DOUBLED, f"event {event.number} on {event.channel}: {times}")


def _disordered(events: Sequence[Event], heard: Heard) -> Iterator[Finding]:
    """A sender's events stand in the order in which they were delivered."""
    asked: dict[Sender, list[int]] = defaultdict(list)
    for event in events:
        if event.ordered:
            asked[event.channel, event.account].append(event.number)
    for sender, numbers in asked.items():
        place: dict[int, int] = {}
        for at, number in enumerate(heard.get(sender, ())):
            place.setdefault(number, at)
        places = [(place[number], number) for number in numbers if number in place]
        for (before, _), (after, number) in pairwise(places):
            if after < before:
                yield Finding(Rule.DISORDERED, f"event {number} on {sender[0]}")


def _gapped(talk: Talk) -> Iterator[Finding]:
    """The lines of a talk are numbered 1, 2, 3 … up to the last."""
    if [line.seq for line in talk.lines] != list(range(1, talk.last_seq + 1)):
        yield Finding(Rule.GAPPED, f"talk {talk.id}")


_TAKES = "claim"
_GIVES_BACK = frozenset({"release", "lapse", "close", "leave", "transfer", "dismiss", "erase"})
_OWNERS = frozenset({"say", "release", "close"})


def _double_owned(talk: Talk) -> Iterator[Finding]:
    """By its audit rows: nobody claims an owned talk, nobody but its owner acts on it.

    Each claim raises the epoch by one, so as many claims as epochs means that every epoch
    had one owner.
    """
    owner: str | None = None
    claims = 0
    for act in talk.acts:
        if act.action == _TAKES:
            claims += 1
            if owner is not None:
                yield Finding(Rule.DOUBLE_OWNED, f"talk {talk.id}: claimed while owned")
            owner = act.staff
        elif act.action in _OWNERS and act.staff is not None and act.staff != owner:
            yield Finding(Rule.DOUBLE_OWNED, f"talk {talk.id}: {act.action} by another")
        if act.action in _GIVES_BACK:
            owner = None
    if claims != talk.epoch:
        yield Finding(Rule.DOUBLE_OWNED, f"talk {talk.id}: {claims} claims, epoch {talk.epoch}")
    if talk.owner is not None and talk.owner != owner:
        yield Finding(Rule.DOUBLE_OWNED, f"talk {talk.id}: owner without a claim")


SETTLED = frozenset({"sent", "dead", "cancelled", "waiting_for_user"})


def _on_the_road(history: History) -> Iterator[Finding]:
    """What went out, message by message where there is a key, else by its words.

    A provider without keys does not tell two equal sentences to one person apart, so those
    are judged together: as many arrivals as there were deliveries, at most as many as there
    were attempts.
    """
    written: dict[tuple[str, str, str], list[Outgoing]] = defaultdict(list)
    for talk in history.talks:
        for line in talk.lines:
            if line.outgoing is not None:
                written[talk.channel, talk.account, line.text.strip()].append(line.outgoing)
    seen: dict[tuple[str, str, str], list[Arrival]] = defaultdict(list)
    for arrival in history.arrivals:
        whole = arrival.channel, arrival.recipient, arrival.text.strip()
        # The words to come back with stand beside a sentence, and in no transcript.
        alone = *whole[:2], whole[2].rpartition("\n\n")[0].strip()
        seen[alone if whole not in written and alone in written else whole].append(arrival)
    for key in {**seen, **written}:
        yield from _equal_words(key[0], written.get(key, []), seen.get(key, []))
    yield from _repeated_keys(history.arrivals)


def _equal_words(
    channel: str, written: Sequence[Outgoing], seen: Sequence[Arrival]
) -> Iterator[Finding]:
    for one in written:
        if one.state not in SETTLED or (one.state == "dead" and not one.code):
            yield Finding(Rule.UNSENT, f"delivery {one.id} on {channel}: {one.state}")
    sent = [one for one in written if one.state == "sent"]
    for _ in range(len(sent) - len(seen)):
        yield Finding(Rule.UNSENT, f"one of {len(sent)} sent deliveries like {sent[0].id}")
    for _ in range(len(seen) - sum(one.attempt for one in written)):
        yield Finding(Rule.REPEATED, f"more often than tried, on {channel}")
    yield from _after_fence(channel, sent, seen)


def _after_fence(
    channel: str, sent: Sequence[Outgoing], seen: Sequence[Arrival]
) -> Iterator[Finding]:
    """Nobody sends after another sender took the delivery over.

    Taking a delivery over is what fences the sender before. `settled_at` is the moment at
    which the last attempt began, after its claim was committed and before it sent. Of the
    messages that the provider got after that moment only one can be the last attempt's; a
    second one that a person saw was sent by somebody who was fenced. Where later deliveries
    carry the same words, each of their attempts may account for one more. A fenced sender's
    repeat that the provider drops by its key reached nobody and does not count: that the key
    is the same is how such a channel is fenced.
    """
    last_tries = sorted(one.settled_at or 0.0 for one in sent)
    later = [one.attempt for one in sorted(sent, key=lambda one: one.settled_at or 0.0)]
    for place, began in enumerate(last_tries):
        allowed = 1 + sum(later[place + 1 :])
        after = sum(1 for arrival in seen if arrival.at >= began)
        if after > allowed:
            yield Finding(Rule.SENT_AFTER_FENCE, f"{after - allowed} on {channel}")
            return


def _repeated_keys(arrivals: Sequence[Arrival]) -> Iterator[Finding]:
    """Under one key a person sees one message."""
    keys = Counter((arrival.channel, arrival.key) for arrival in arrivals if arrival.key)
    for (channel, key), times in keys.items():
        if times > 1:
            yield Finding(Rule.REPEATED, f"key {key} on {channel}: {times}")

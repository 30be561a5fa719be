"""One look at the queue and at the led talks, shared by every console of this process."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from handoff import frame_text
from handoff.alias import name_of
from handoff.frames import Card, QueueChange, Talk, card
from storage import (
    companions,
    conversations,
    erasure,
    marks,
    offers,
    presence,
    readers,
    staff,
    stopped,
)
from storage.database import Database, Session
from storage.marks import Mark
from storage.records import (
    Colleague,
    Companion,
    Conversation,
    Language,
    Offer,
    Role,
    Staff,
    Stopped,
)


@dataclass(frozen=True, slots=True)
class Led:
    """A talk with its counselor, and what tells that its lines look different."""

    talk: Talk
    mark: Mark
    stopped: tuple[Stopped, ...] = ()  # texts that are asked to be released


@dataclass(frozen=True)
class Look:
    """What the consoles of this process may see at one moment; no word of anybody is in it.

    `change` is the queue's frame for those who saw the look before, "" when it is the same;
    `led` is by counselor, and only of those who were asked for; `sessions` are those of the
    ones asked for that go on. `offered` is by the colleague who is asked: talk and owner;
    `along` are the talks that somebody is asked to read along, None standing for any supervisor,
    and who does so has the talk in `led`, too;
    `active` is every led talk with its owner, when a supervisor looks; `erased` are those led
    before that their writer erased, `moved` those that somebody else leads now.
    """

    number: int
    cards: Mapping[UUID, Card]
    change: str
    led: Mapping[UUID, Mapping[UUID, Led]]
    sessions: Collection[UUID]
    colleagues: tuple[Colleague, ...] = ()
    offered: Mapping[UUID, tuple[tuple[Talk, UUID], ...]] = field(default_factory=dict)
    active: Mapping[UUID, tuple[Card, UUID]] = field(default_factory=dict)
    erased: frozenset[UUID] = frozenset()
    along: Mapping[UUID | None, tuple[tuple[Talk, UUID], ...]] = field(default_factory=dict)
    moved: Mapping[UUID, UUID] = field(default_factory=dict)

    def since(self, seen: "Look | None") -> str:
        """Return the queue's frame for a console that saw `seen` last, "" for no change."""
        if seen is None:
            return self._all
        if seen.number == self.number - 1:
            return self.change
        return _change(seen.cards, self.cards)

    def asked_along(self, staff: Staff) -> tuple[tuple[Talk, UUID], ...]:
        """Return the talks this colleague is asked to read along, each with its owner."""
        anybody = self.along.get(None, ()) if staff.role is Role.SUPERVISOR else ()
        return (*self.along.get(staff.id, ()), *(one for one in anybody if one[1] != staff.id))

    @cached_property
    def _all(self) -> str:
        return frame_text.dump(QueueChange(tuple(self.cards.values()), ()))


async def take(
    database: Database,
    windows: Mapping[str, timedelta],
    before: Look | None,
    *,
    counselors: Collection[UUID],
    sessions: Collection[UUID],
    now: datetime,
    supervised: bool = False,
) -> Look:
    """Read once what all consoles may see.

    Args:
        database: where it is read.
        windows: by channel, how long after a person's last word a counselor may write.
        before: the look before this one.
        counselors: whose talks are looked at.
        sessions: sign-ins that are asked whether they go on.
        now: aware UTC time.
        supervised: whether every led talk is looked at, for a supervisor's alarms.

    Raises:
        DatabaseAway: try again later.
    """
    async with database.reading() as session:
        waiting = await conversations.queue(session)
        asked = await offers.standing(session)
        beside = await companions.standing(session)
        led_now = await _led(session, counselors, asked, beside, supervised=supervised)
        owned = [one for one in led_now if one.owner_id in counselors or one.id in beside]
        seen = await marks.of_talks(session, [one.id for one in owned])
        vanished = _led_before(before) - {one.id for one in owned}
        erased = await erasure.erased_among(session, vanished)
        elsewhere = await conversations.led(session, vanished) if vanished else ()
        reading = await readers.of_talks(session, list(seen), now=now)
        texts = await stopped.standing(session, list(seen)) if seen else ()
        going_on = await staff.still_signed_in(session, sessions, now=now)
        here = await presence.colleagues(session, now=now)
    cards = {one.id: _card(one, windows) for one in waiting}
    led: dict[UUID, dict[UUID, Led]] = {}
    offered: dict[UUID, tuple[tuple[Talk, UUID], ...]] = {}
    active: dict[UUID, tuple[Card, UUID]] = {}
    along: dict[UUID | None, tuple[tuple[Talk, UUID], ...]] = {}
    for one in led_now:
        if one.owner_id is None:
            continue
        ask = asked.get(one.id)
        companion = beside.get(one.id)
        talk = Talk(
            _card(one, windows), one.epoch, ask.staff_id if ask else None, companion,
            readers=reading.get(one.id, ()),
        )  # fmt: skip
        active[one.id] = talk.card, one.owner_id
        if ask is not None:
            offered[ask.staff_id] = (*offered.get(ask.staff_id, ()), (talk, one.owner_id))
        if one.id in seen:  # not one that went in between
            led.setdefault(one.owner_id, {})[one.id] = Led(
                talk, seen[one.id], tuple(text for text in texts if text.conversation_id == one.id)
            )
            if companion and companion.joined and companion.staff_id:
                read = replace(talk, along=True, owner=one.owner_id)
                led.setdefault(companion.staff_id, {})[one.id] = Led(read, seen[one.id])
        if companion and not companion.joined:
            along[companion.staff_id] = (
                *along.get(companion.staff_id, ()), (talk, one.owner_id),
            )  # fmt: skip
    number, known = (before.number + 1, before.cards) if before else (0, {})
    erased |= before.erased if before else frozenset()
    owners = {one.id: one.owner_id for one in (*led_now, *elsewhere) if one.owner_id}
    moved = _moved(before, owners, cards)
    change = _change(known, cards)
    return Look(
        number, cards, change, led, going_on, here, offered, active if supervised else {}, erased,
        along, moved,
    )  # fmt: skip


async def _led(
    session: Session,
    counselors: Collection[UUID],
    asked: Mapping[UUID, Offer],
    beside: Mapping[UUID, Companion],
    *,
    supervised: bool,
) -> tuple[Conversation, ...]:
    """Return the talks that these counselors lead, read along or are asked for.

    For a supervisor all that are led.
    """
    if supervised:
        return await conversations.led(session)
    own = await conversations.owned_by_any(session, counselors)
    wanted = {one for one, ask in asked.items() if ask.staff_id in counselors}
    wanted |= {one for one, reader in beside.items() if reader.staff_id in counselors}
    wanted -= {talk.id for talk in own}
    return (*own, *(await conversations.led(session, wanted) if wanted else ()))


def _moved(
    before: Look | None, owners: Mapping[UUID, UUID], waiting: Collection[UUID]
) -> Mapping[UUID, UUID]:
    """Return who leads a talk now that somebody else led before, as far as it still holds."""
    if before is None:
        return {}
    then = {
        one: owner
        for owner, talks in before.led.items()
        for one, led in talks.items()
        if not led.talk.along
    }
    fresh = {one: owners[one] for one in then if owners.get(one, then[one]) != then[one]}
    known = before.moved.items()
    kept = {one: who for one, who in known if one not in waiting and owners.get(one, who) == who}
    return {**kept, **fresh}


def _led_before(before: Look | None) -> set[UUID]:
    return {one for led in before.led.values() for one in led} if before else set()


_Shown = TypeVar("_Shown")


def difference(
    before: Mapping[UUID, _Shown], after: Mapping[UUID, _Shown]
) -> tuple[tuple[_Shown, ...], tuple[UUID, ...]]:
    """Return what is new or different, and what is gone."""
    changed = tuple(shown for one, shown in after.items() if before.get(one) != shown)
    return changed, tuple(one for one in before if one not in after)


def _change(before: Mapping[UUID, Card], after: Mapping[UUID, Card]) -> str:
    changed, gone = difference(before, after)
    return frame_text.dump(QueueChange(changed, gone)) if changed or gone else ""


def _card(conversation: Conversation, windows: Mapping[str, timedelta]) -> Card:
    names = {one.value: name_of(conversation, one) for one in Language}
    return card(conversation, names, window=windows.get(conversation.channel))

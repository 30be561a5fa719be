"""The handoff machine against its model, on both databases, step by random step.

`GYEOT_LONG=1` takes 50,000 steps a database instead of some hundred; `-s` shows how many.
"""

import asyncio
import os
import sys
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handoff import queue
from storage import conversations, transcript
from storage.keyring import Keyring
from storage.records import AskReason, Conversation, ConversationState, Risk, Speaker
from tests.handoff.cast import Cast, together
from tests.handoff.conftest import NOTICES
from tests.handoff.model import AGING, Expected
from tests.handoff.world import COUNSELORS, World

State = ConversationState
LONG = os.environ.get("GYEOT_LONG") == "1"
STEPS = 50_000 if LONG else 600
PERSONS = 4

persons = st.integers(0, PERSONS - 1)
counselors = st.integers(0, COUNSELORS - 1)
picks = st.integers(0, 999)
spans = st.sampled_from([0.5, 5, 10, 30, 46, 300, 1200, 1801])


class Handoff(Cast):
    """What people, counselors and the clock can do, in any order."""

    # What a person does.

    @rule(person=persons, reason=st.sampled_from(AskReason), risk=st.sampled_from(Risk))
    def asks(self, person: int, reason: AskReason, risk: Risk) -> None:
        talk = self._talk(person)

        async def ask() -> None:
            async with self.database.transaction() as session:
                row = await conversations.get(session, talk.id)
                await queue.ask(session, row, reason=reason, risk=risk, now=self.now)

        talk.ask(reason, risk, self.now)
        self._does(ask)

    @rule(person=persons)
    def cancels(self, person: int) -> None:
        talk = self._talk(person)

        async def cancel() -> None:
            async with self.database.transaction() as session:
                row = await conversations.get(session, talk.id)
                await queue.cancel(session, row, now=self.now)

        refused = None if talk.state is State.QUEUED else f"cancel_in_{talk.state}"
        if refused is None:
            talk.cancel()
        self._does(cancel, refused=refused)

    @rule(person=persons)
    def leaves(self, person: int) -> None:
        talk = self._talk(person)

        async def leave() -> None:
            async with self.database.transaction() as session:
                row = await conversations.get(session, talk.id)
                await queue.leave(session, self.database.vault, row, now=self.now)

        talk.leave()
        self._does(leave)
        self._forget(talk)

    @rule(person=persons)
    def a_worker_reads_the_talk_to_answer_later(self, person: int) -> None:
        talk = self._talk(person)
        self.read[talk.id] = self.world.run(self._row(talk))

    @precondition(lambda self: self.read)
    @rule(pick=picks)
    def that_worker_stores_its_turn(self, pick: int) -> None:
        self._turn(self.read.pop(list(self.read)[pick % len(self.read)]))

    @rule(person=persons)
    def writes_and_is_answered(self, person: int) -> None:
        self._turn(self.world.run(self._row(self._talk(person))))

    def _turn(self, row: Conversation) -> None:
        talk = next(one for one in self.talks if one.id == row.id)

        async def store() -> None:
            async with self.database.transaction() as session:
                await conversations.save(session, row, replace(row, heard_at=self.now))
                speakers = [Speaker.PERSON]
                if row.state is not State.ACTIVE:
                    speakers.append(Speaker.BOT)
                for speaker in speakers:
                    await transcript.append(
                        session, self.database.vault, row.id, speaker=speaker, text="말",
                        kind="text", at=self.now,
                    )  # fmt: skip

        refused = None if row.version == talk.version else "version"
        if refused is None:
            talk.turn()
        self._does(store, refused=refused)

    # What a counselor does.

    @precondition(lambda self: self._line())
    @rule(who=counselors, pick=picks, old=st.sampled_from([0, 0, 0, 1]))
    def claims(self, who: int, pick: int, old: int) -> None:
        talk, staff = self._waiting(pick), self.world.staff[who]
        refused = self._why_not_claim(who, talk, old)

        async def claim() -> None:
            await queue.claim(self.database, NOTICES, staff, talk.id, version=version, now=self.now)

        version = talk.version - old
        if refused is None:
            talk.claim(staff.id, self.now)
        self._does(claim, refused=refused)

    @precondition(lambda self: self._line())
    @rule(who=counselors)
    def claims_the_next(self, who: int) -> None:
        staff, line = self.world.staff[who], self._line()

        async def claim_next() -> UUID | None:
            taken = await queue.claim_next(self.database, NOTICES, staff, now=self.now)
            return taken.id if taken else None

        if who in self.away:
            self._does(claim_next, refused="dismissed")
            return
        for other in line[1:]:  # H6
            waited = (other.queued_at or self.now) - (line[0].queued_at or self.now)
            assert other.risk <= line[0].risk or waited >= AGING / 3
            assert other.risk is not Risk.IMMINENT or line[0].risk is Risk.IMMINENT
        claimed_at = self.now
        taken = self._does(claim_next)
        assert taken == (line[0].id if line else None)
        if line:
            line[0].claim(staff.id, claimed_at)

    @precondition(lambda self: len(self._line()) > 1)
    @rule(names=st.lists(counselors, min_size=2, max_size=4))
    def many_reach_at_once(self, names: list[int]) -> None:
        names = [who for who in dict.fromkeys(names) if who not in self.away]
        line = self._line()[: len(names)]

        async def reach() -> list[Conversation | None]:
            doors = (self.world.one, self.world.other)
            return await together(
                *(
                    queue.claim_next(doors[n % 2], NOTICES, self.world.staff[who], now=self.now)
                    for n, who in enumerate(names)
                )
            )

        reached_at = self.now
        got = {
            one.id: who
            for one, who in zip(self._does(reach), names, strict=True)
            if one is not None
        }
        assert set(got) == {talk.id for talk in line}
        for talk in line:
            talk.claim(self.world.staff[got[talk.id]].id, reached_at)
        # Who got whom is chance; it is given back, so that what follows can be repeated.
        for talk in line:
            self.gives_back_of(got[talk.id], talk)

    @precondition(lambda self: self.talks)
    @rule(who=counselors, pick=picks, old=st.sampled_from([0, 0, 0, 1]), again=st.booleans())
    def says(self, who: int, pick: int, old: int, again: bool) -> None:
        who, talk = self._led(who, pick)
        staff = self.world.staff[who]
        place, key = self.keys[pick % len(self.keys)] if again and self.keys else (None, uuid4())
        epoch = talk.epoch - old
        refused = self._why_not_owner(who, talk, old)
        if refused is None and place not in (None, talk.id):
            refused = "key_used"

        async def say() -> None:
            await queue.say(
                self.database, NOTICES, staff, talk.id, epoch=epoch, text="네", key=key,
                now=self.now,
            )  # fmt: skip

        if refused is None and place is None:
            talk.say()
            self.keys.append((talk.id, key))
        self._does(say, refused=refused)

    @precondition(lambda self: self.talks)
    @rule(who=counselors, pick=picks, old=st.sampled_from([0, 0, 0, 1]))
    def gives_back(self, who: int, pick: int, old: int) -> None:
        who, talk = self._led(who, pick)
        self.gives_back_of(who, talk, old)

    def gives_back_of(self, who: int, talk: Expected, old: int = 0) -> None:
        staff = self.world.staff[who]
        refused = self._why_not_owner(who, talk, old)
        epoch = talk.epoch - old

        async def release() -> None:
            await queue.release(self.database, NOTICES, staff, talk.id, epoch=epoch, now=self.now)

        if refused is None:
            talk.back("release")
        self._does(release, refused=refused)

    @precondition(lambda self: self.talks)
    @rule(who=counselors, pick=picks, old=st.sampled_from([0, 0, 0, 1]), missed=st.integers(0, 2))
    def closes(self, who: int, pick: int, old: int, missed: int) -> None:
        who, talk = self._led(who, pick)
        staff = self.world.staff[who]
        seen, epoch = max(0, len(talk.speakers) - missed), talk.epoch - old
        refused = self._why_not_owner(who, talk, old)
        if refused is None and talk.unread_after(seen):
            refused = "unread_words"

        async def close() -> None:
            await queue.close(
                self.database, NOTICES, staff, talk.id, epoch=epoch, seen=seen, now=self.now
            )

        if refused is None:
            talk.close()
            self._forget(talk)
        self._does(close, refused=refused)

    @precondition(lambda self: self._leads())
    @rule(who=counselors)
    def beats(self, who: int) -> None:
        staff = self.world.staff[who]
        mine = [talk for talk in self.talks if self._owns(who, talk)]

        async def beat() -> int:
            return await queue.heartbeat(self.database, staff, now=self.now)

        for talk in mine:
            talk.lease_until = self.now + queue.LEASE
        assert self._does(beat) == len(mine)

    # What the clock and the house do.

    @rule(seconds=spans)
    def time_passes(self, seconds: float) -> None:
        self.world.steps += 1
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self._leads())
    @rule()
    def two_processes_look_for_who_is_gone(self) -> None:
        gone = [talk for talk in self.talks if talk.lease_until and talk.lease_until < self.now]

        async def lapse() -> list[int]:
            doors = (self.world.one, self.world.other)
            return await together(*(queue.lapse(door, NOTICES, now=self.now) for door in doors))

        assert sum(self._does(lapse)) == len(gone)  # H7: told once, not once a process
        for talk in gone:
            talk.back("lapse")

    @rule(who=counselors)
    def is_dismissed(self, who: int) -> None:
        staff = self.world.staff[who]
        mine = [talk for talk in self.talks if self._owns(who, talk)]

        async def dismiss() -> int:
            return await queue.dismiss(self.database, NOTICES, staff.id, now=self.now)

        assert self._does(dismiss) == len(mine)
        for talk in mine:
            talk.back("dismiss")
        self.away.add(who)

    @precondition(lambda self: self.away)
    @rule()
    def works_here_again(self) -> None:
        who = self.away.pop()
        self.world.run(self.world.take_back(self.world.staff[who]))

    # What must be true after every step.

    @invariant()
    def every_row_is_as_the_model_has_it(self) -> None:
        rows = self.world.run(self.rows.read(self.database))
        away = {self.world.staff[who].id for who in self.away}
        self.rows.compare(rows, self.talks, away)


@pytest.fixture
def world(database_url: str, keyring: Keyring) -> Generator[World]:
    with asyncio.Runner() as runner:
        made = World(database_url, keyring, runner)
        yield made
        made.close()


def test_the_handoff_machine_keeps_its_promises_whatever_happens(world: World) -> None:
    checked = settings(
        max_examples=60 if LONG else 24,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
    )
    while world.steps < STEPS:
        # The signature asks for a class; a callable that makes the machine is documented.
        machine: Any = lambda: Handoff(world)  # noqa: E731
        run_state_machine_as_test(machine, settings=checked)
        sys.stdout.write(f"steps: {world.steps}\n")
        sys.stdout.flush()

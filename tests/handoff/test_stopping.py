"""A text that the guard stopped leaves only when a supervisor released exactly it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from handoff import queue, stopping, supervising
from handoff.errors import AsksForTooMuch, HandoffError, NotAsked, NotAudited
from storage import stopped
from storage.database import Database
from storage.records import Conversation, Role, Speaker, Staff, StoppedState
from tests.factories import NOON
from tests.handoff.conftest import (
    NOTICES,
    acts_on,
    audit_log_full,
    claimed,
    counselor,
    lines_of,
    member,
    row_of,
    waiting,
)

ASKING = "학교가 어디인지 알려 줄 수 있어요?"
REASON = "119가 어느 학교로 가야 하는지 물어요"


@dataclass(frozen=True)
class Case:
    """A stopped text of a counselor, and the supervisor who is asked."""

    database: Database
    owner: Staff
    chief: Staff
    talk: Conversation
    key: UUID

    async def ask(self, text: str = ASKING) -> None:
        await stopping.ask_release(
            self.database, self.owner, self.talk.id,
            epoch=self.talk.epoch, key=self.key, text=text, reason=REASON, now=NOON,
        )  # fmt: skip

    async def decide(self, *, release: bool, answer: str = "네") -> None:
        await stopping.decide_release(
            self.database, self.chief, self.key, release=release, answer=answer, now=NOON
        )

    async def say(
        self, text: str = ASKING, *, key: UUID | None = None, who: Staff | None = None
    ) -> None:
        await queue.say(
            self.database, NOTICES, who or self.owner, self.talk.id,
            epoch=self.talk.epoch, text=text, key=key or self.key, now=NOON,
        )  # fmt: skip

    async def said(self) -> list[str]:
        lines = await lines_of(self.database, self.talk)
        return [line.text for line in lines if line.speaker is Speaker.COUNSELOR]

    async def state(self) -> StoppedState | None:
        async with self.database.reading() as session:
            found = await stopped.get(session, self.key)
        return found.state if found else None


@pytest.fixture
async def case(database: Database) -> Case:
    owner = await counselor(database)
    chief = (await member(database, "솔", role=Role.SUPERVISOR)).staff
    talk = await claimed(database, owner, await waiting(database))
    return Case(database, owner, chief, talk, uuid4())


async def test_a_released_text_is_sent_once_and_only_when_its_counselor_sends_it(
    case: Case,
) -> None:
    await case.ask()
    with pytest.raises(AsksForTooMuch, match="guard_school"):
        await case.say()

    await case.decide(release=True)
    assert await case.said() == []
    await case.say()
    await case.say()

    assert await case.said() == [ASKING]
    assert await case.state() is StoppedState.SENT
    acts = await acts_on(case.database, case.talk)
    assert acts[-4:] == ["release_ask", "guard_stop", "release_grant", "say_released"]


async def test_a_release_is_for_no_other_text_key_or_person(case: Case) -> None:
    await case.ask()
    await case.decide(release=True)
    colleague = await counselor(case.database, "달")

    for refused in (
        case.say(ASKING + " 이름도 알려 주세요."),
        case.say(key=uuid4()),
        case.say(who=colleague),
    ):
        with pytest.raises(HandoffError):
            await refused

    assert await case.said() == []


async def test_a_release_ends_when_the_talk_changes_hands(case: Case) -> None:
    await case.ask()
    await case.decide(release=True)
    await queue.release(
        case.database, NOTICES, case.owner, case.talk.id, epoch=case.talk.epoch, now=NOON
    )
    again = await claimed(case.database, case.owner, await row_of(case.database, case.talk))

    with pytest.raises(AsksForTooMuch):
        await queue.say(
            case.database, NOTICES, case.owner, case.talk.id,
            epoch=again.epoch, text=ASKING, key=case.key, now=NOON,
        )  # fmt: skip

    assert await case.state() is None


async def test_what_was_refused_stays_stopped_and_the_word_is_kept(case: Case) -> None:
    await case.ask()
    await case.decide(release=False, answer="119에는 위치만 말해 주세요")

    with pytest.raises(AsksForTooMuch):
        await case.say()
    async with case.database.reading() as session:
        words = await stopped.read(session, case.database.vault, case.talk.id, [case.key])
    assert words[case.key].answer == "119에는 위치만 말해 주세요"


async def test_nobody_releases_what_they_wrote_and_no_counselor_releases_anything(
    case: Case,
) -> None:
    await case.ask()
    with pytest.raises(NotAsked, match="not_asked"):
        await stopping.decide_release(
            case.database, case.owner, case.key, release=True, answer="", now=NOON
        )
    own = await supervising.take_over(
        case.database, NOTICES, case.chief, case.talk.id, epoch=case.talk.epoch, now=NOON
    )
    key = uuid4()
    await stopping.ask_release(
        case.database, case.chief, own.id,
        epoch=own.epoch, key=key, text=ASKING, reason=REASON, now=NOON,
    )  # fmt: skip

    with pytest.raises(NotAsked, match="own_text"):
        await stopping.decide_release(
            case.database, case.chief, key, release=True, answer="", now=NOON
        )


async def test_it_is_decided_once(case: Case) -> None:
    await case.ask()
    await case.decide(release=False)

    with pytest.raises(NotAsked, match="decided_before"):
        await case.decide(release=True)

    assert await case.state() is StoppedState.REFUSED


async def test_only_what_the_guard_stops_is_asked_about_and_a_key_names_one_text(
    case: Case,
) -> None:
    with pytest.raises(HandoffError, match="not_stopped"):
        await case.ask("오늘 하루는 어땠어요?")
    await case.ask()
    await case.ask()

    with pytest.raises(HandoffError, match="key_used"):
        await case.ask("지금 사는 곳 주소를 알려 줄래요?")

    assert (await acts_on(case.database, case.talk)).count("release_ask") == 1


async def test_a_stopped_text_is_opened_only_after_that_is_written_down(case: Case) -> None:
    await case.ask()
    one, words = await stopping.open_stopped(case.database, case.chief, case.key, now=NOON)
    assert (one.ask, words.text, words.reason) == ("school", ASKING, REASON)
    assert (await acts_on(case.database, case.talk))[-1] == "release_read"

    async with audit_log_full(case.database):
        with pytest.raises(NotAudited):
            await stopping.open_stopped(case.database, case.chief, case.key, now=NOON)
    with pytest.raises(NotAsked):
        await stopping.open_stopped(case.database, case.owner, case.key, now=NOON)

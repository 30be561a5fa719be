"""The names we give."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from handoff.alias import alias
from storage import conversations
from storage.records import TRAINING, Conversation, Language, Role
from tests.handoff.conftest import House, claimed, member, waiting


def test_a_talk_has_the_same_name_every_time_and_in_both_languages_the_same_animal() -> None:
    talk = UUID("5f2d3c4b-0000-4000-8000-000000000001")
    assert alias(talk, Language.KO) == alias(UUID(str(talk)), Language.KO)
    assert alias(talk, Language.KO).split()[-1] == alias(talk, Language.EN).split()[-1]


def test_names_seldom_meet() -> None:
    names = [alias(uuid4(), Language.KO) for _ in range(30)]
    assert len(set(names)) > 25


async def practice(house: House, account: str) -> Conversation:
    talk = await waiting(house.database, account)
    async with house.database.transaction() as session:
        return await conversations.save(session, talk, replace(talk, channel=TRAINING))


@pytest.mark.parametrize(("language", "mark"), [("ko", "[연습] "), ("en", "[Practice] ")])
async def test_a_practice_talk_is_marked_in_its_name_on_the_board_and_in_the_queue(
    house: House, language: str, mark: str
) -> None:
    chief = await member(house.database, "솔", role=Role.SUPERVISOR)
    waits, led = await practice(house, "script-1"), await practice(house, "script-2")
    await claimed(house.database, chief.staff, led)
    async with house.console() as page, house.browser(await house.signed_in(chief)) as browser:
        board = (await browser.get(f"/console/board?lang={language}")).text
        handover = (await browser.get(f"/console/board/handover?lang={language}")).text
    (queue,) = [frame for frame in page.frames if frame["type"] == "queue"]
    names = {one.id: mark + alias(one.id, Language(language)) for one in (waits, led)}
    assert queue["changed"][0]["names"][language] == names[waits.id]
    for name in names.values():
        assert f'<span class="name">{name}</span>' in board
        assert name in handover

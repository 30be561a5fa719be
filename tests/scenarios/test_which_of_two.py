"""A message that may mean two things, through all of the house: real product, real wire."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import line as line_fake
from tests.fakes import nlu as nlu_fake
from tests.fakes import x as x_fake
from tests.fakes.line import FakeLine, LinePerson
from tests.fakes.nlu import FakeNlu
from tests.fakes.switchboard import FakeProvider, Sent
from tests.fakes.x import FakeX, XPerson
from tests.scenarios.house import House, deliver, line_says, running_house, until

VAGUE = "그거 올라간 거 말인데"
ALSO_VAGUE = "그러니까 그게 그렇게 됐어"
DARK = "요즘 계속 그런 생각만 들어"
RANKINGS = {
    VAGUE: {"removal": 0.49, "image_sharing": 0.48},
    ALSO_VAGUE: {"removal": 0.49, "image_sharing": 0.48},
    DARK: {"loneliness": 0.5, "self_harm": 0.45},
}


@dataclass(frozen=True)
class World:
    """The house, and the two channels people write from here."""

    house: House
    line: FakeLine
    x: FakeX

    async def says_on_x(self, event: object) -> None:
        await deliver(f"{self.house.url}/channels/x", *x_fake.webhook(event))


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncGenerator[World]:
    line, post, language = FakeLine(), FakeX(), FakeNlu(RANKINGS)
    async with line.serving(), post.serving(), language.serving():
        environment = {
            "GYEOT_DATABASE_URL": database_url,
            "GYEOT_NLU_URL": language.url,
            "GYEOT_NLU_TOKEN": nlu_fake.TOKEN,
            "GYEOT_LINE_SECRET": line_fake.SECRET,
            "GYEOT_LINE_TOKEN": line_fake.TOKEN,
            "GYEOT_LINE_API": line.url,
            "GYEOT_X_CONSUMER_SECRET": x_fake.SECRET,
            "GYEOT_X_TOKEN": x_fake.TOKEN,
            "GYEOT_X_USER_ID": x_fake.ACCOUNT,
            "GYEOT_X_API": post.url,
        }
        async with running_house(tmp_path, environment) as house:
            yield World(house, line, post)


async def said(provider: FakeProvider, words: str) -> Sent:
    """Wait until the last thing a provider brought holds these words."""
    await until(lambda: bool(provider.sent) and words in provider.sent[-1].text)
    return provider.sent[-1]


async def test_a_tap_on_one_of_the_two_is_answered_as_what_it_names(world: World) -> None:
    person = LinePerson()

    await line_says(world.house, person.says(VAGUE))
    question = await said(world.line, "어느 쪽")
    await line_says(world.house, person.presses("go:image_sharing"))
    answer = await said(world.line, "퍼")

    assert question.quick_replies == (
        ("지우는 방법", "go:removal"),
        ("사진이 퍼졌어요", "go:image_sharing"),
        ("둘 다 아니에요", "say:neither"),
        ("상담사와 얘기할래요", "ask:person"),
    )
    assert "어느 쪽" not in answer.text


async def test_where_there_are_no_buttons_a_number_chooses(world: World) -> None:
    person = XPerson()

    await world.says_on_x(person.says(VAGUE))
    question = await said(world.x, "어느 쪽")
    await world.says_on_x(person.says("1"))
    await said(world.x, "지우는 건 혼자 하지 않아도")

    assert question.text.splitlines()[-4:] == [
        "1. 지우는 방법",
        "2. 사진이 퍼졌어요",
        "3. 둘 다 아니에요",
        "4. 상담사와 얘기할래요",
    ]


async def test_a_second_doubt_is_no_second_question_but_a_person(world: World) -> None:
    person = LinePerson()

    await line_says(world.house, person.says(VAGUE))
    await said(world.line, "어느 쪽")
    await line_says(world.house, person.says(ALSO_VAGUE))

    await said(world.line, "상담사에게 연결을 요청했어요")


async def test_a_doubt_that_may_be_a_crisis_brings_the_numbers_and_a_tap_a_person(
    world: World,
) -> None:
    person = LinePerson()

    await line_says(world.house, person.says(DARK))
    question = await said(world.line, "어느 쪽")
    await line_says(world.house, person.presses("go:self_harm"))
    await until(lambda: "연결을 요청했어요" in " ".join(sent.text for sent in world.line.sent))

    assert "109" in question.text
    assert "112" in question.text

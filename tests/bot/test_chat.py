"""A talk in a terminal: what a reviewer types and what is printed."""

from collections.abc import Iterator

from bot.chat import WITHOUT_NLU, chat
from tests.bot.road import CONTENT_FILES, Answer, away, nlu, understood


def typed(*lines: str) -> Iterator[str]:
    yield from (f"{line}\n" for line in lines)
    yield ""


async def printed(answer: Answer, *lines: str) -> str:
    reader = typed(*lines)
    told = [line async for line in chat(lambda: next(reader), CONTENT_FILES, nlu(answer))]
    return "\n".join(told)


async def test_the_bot_answers_and_tells_how_it_understood() -> None:
    told = await printed(lambda _: understood("loneliness", 0.9), "요즘 혼자 같아")

    assert CONTENT_FILES.steps.path("loneliness")[0].startswith("loneliness")
    assert "얘기할 사람이 없다고" in told
    assert "loneliness 0.90" in told


async def test_a_number_presses_the_button_of_the_sentence_before() -> None:
    told = await printed(away, "상담사", "1")

    assert "a person is asked for: requested" in told
    assert "[1]" in told


async def test_risk_and_its_rule_are_told() -> None:
    told = await printed(away, "죽고 싶어")

    assert "risk high by suicidal" in told
    assert "a person is asked for: crisis" in told


async def test_without_the_language_service_it_says_so_and_goes_on() -> None:
    told = await printed(away, "안녕")

    assert WITHOUT_NLU in told
    assert "곁   " in told


async def test_an_empty_line_ends_the_talk() -> None:
    told = await printed(away, "", "안녕")

    assert "곁   " not in told

"""What is measured is what is meant: the right texts, the right moment, the right limit."""

import asyncio
import os
import random
from collections.abc import Sequence

import pytest

from bench.nlu_speed import Figure, long_texts, memory, parse_all
from bench.risk_speed import BUDGET, Row, exit_code, measured, shown
from tests.fakes.nlu import TOKEN, FakeNlu

WITHIN, BEYOND = [BUDGET / 2] * 100, [BUDGET / 2] * 40 + [BUDGET * 2] * 60
SENTENCES = [
    {"id": f"{lang}-{i}", "lang": lang, "intent": "smalltalk", "text": text * (i + 1)}
    for lang, text in (("ko", "오늘 비 와요 "), ("en", "it rains "))
    for i in range(4)
]


@pytest.mark.parametrize(
    ("firsts", "code"), [((WITHIN, WITHIN), 0), ((WITHIN, BEYOND), 1), ((BEYOND, WITHIN), 1)]
)
def test_one_kind_of_message_beyond_the_budget_when_first_read_fails_the_bench(
    firsts: Sequence[Sequence[float]], code: int
) -> None:
    rows = [Row("some", WITHIN, first) for first in firsts]

    assert exit_code(rows) == code
    assert ("missed" in shown(rows)) == bool(code)


def test_a_kind_of_message_without_a_budget_misses_none() -> None:
    rows = [Row("in a turn", BEYOND, BEYOND, None)]

    assert exit_code(rows) == 0
    assert "missed" not in shown(rows)


def test_messages_are_screened_alone_and_as_in_a_turn() -> None:
    rows = measured(count=2, seed=1)

    assert [row.name for row in rows] == [
        "everyday", "danger", "everyday, in a turn", "danger, in a turn",
    ]  # fmt: skip
    assert all(taken > 0 for row in rows for taken in (*row.first, *row.best))


@pytest.mark.parametrize("length", [300, 1000])
def test_long_texts_are_exactly_as_long_and_of_both_languages(length: int) -> None:
    texts = long_texts(SENTENCES, length, 6, random.Random(1))

    assert [len(each["text"]) for each in texts] == [length] * 6
    assert [each["lang"] for each in texts] == ["ko", "en"] * 3


def test_what_was_held_stays_the_most_after_it_is_given_back() -> None:
    held = bytearray(os.urandom(1 << 16) * 1024)  # 64 MB, every page written
    full = memory(os.getpid())
    del held
    after = memory(os.getpid())

    assert full.resident - after.resident > 50
    assert after.most >= full.resident


def test_a_figure_without_a_target_misses_none() -> None:
    assert Figure("idle", 900.0).verdict() == "met"
    assert Figure("after", 900.0, 800.0).verdict() == "missed"
    assert Figure("after", 800.0, 800.0).row() == ("after", "800.0", "at most 800", "met")


async def test_every_text_is_parsed_by_the_service_that_is_measured() -> None:
    service = FakeNlu({})
    async with service.serving():
        await asyncio.to_thread(parse_all, service.url, TOKEN, ["하나", "둘", "셋"])

    assert service.calls == 3

"""What is done in several processes at once is told in the order in which it was asked."""

from typing import Any

import pytest

from tests.rasa_process import need_service, printed

ASK = r"""
import json, os, sys
sys.path.insert(0, sys.argv[1])
from components import meaning
from components.processes import at_once

meaning.AT_ONCE = 2
texts = ["안녕하세요", "무서워요", "someone has my photos", "ㅋㅋ", ""]
alone = meaning.meanings(texts)
print(json.dumps({
    "powers": at_once(pow, [(2, 5), (5, 2), (3, 3), (7, 0)]),
    "elsewhere": os.getpid() not in at_once(os.getpid, [(), ()]),
    "here": at_once(os.getpid, [()]) == [os.getpid()],
    "nothing": at_once(pow, []),
    "meanings": float(abs(alone - meaning.meanings_of_many(texts)).max()),
}))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    need_service()
    return printed(ASK, 120)


def test_what_was_made_of_each_job_comes_in_the_order_of_the_jobs(told: dict[str, Any]) -> None:
    assert told["powers"] == [32, 25, 27, 1]
    assert told["nothing"] == []


def test_only_several_jobs_are_done_elsewhere(told: dict[str, Any]) -> None:
    assert told["elsewhere"]
    assert told["here"]


def test_many_texts_mean_what_each_means_alone(told: dict[str, Any]) -> None:
    assert told["meanings"] < 1e-4

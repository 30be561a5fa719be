"""Every n-gram has its own column, whatever it is written with; near-duplicates are found."""

from typing import Any

import pytest

from tests.rasa_process import need_service, printed

READ = r"""
import json, random, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from components import grams as module
from sklearn.preprocessing import normalize
from components.grams import LEAST_SENTENCES, VIEWS, Grams, _counter, _viewed, rows_of_many
from components.aside import BLOCK, near_duplicates

FOUR = ["112에 신고했어요 11 1111", "ㄱㄱ ㄱ ㄲ", "방 번호 21 31 a1", "ㅡㅡ ㄳ"]
LEARNED = FOUR * LEAST_SENTENCES
ASKED = [*FOUR, "ㄱ", "11", "41 & ㄴ 114111", "xyz never seen", ""]
grams, names = Grams.learned(LEARNED)
wrong, wanted = 0.0, []
for view in VIEWS:
    counter = _counter(view)
    counter.vocabulary_ = {gram: column for column, gram in enumerate(names[view])}
    counted = counter.transform(_viewed(ASKED, view))
    told = counted.copy()
    told.data = (1 + np.log(told.data)) * grams.rarity[view][told.indices]
    wanted.append(normalize(told).toarray())
    for text, known in zip(ASKED, counted):
        columns, counts = grams._counted(text, view)
        known[0, columns] -= counts
        wrong = max(wrong, float(np.abs(known.toarray()).max()))
chance = random.Random(3)
many = ["".join(chr(chance.randrange(0xAC00, 0xD7A4)) for _ in range(9)) for _ in range(BLOCK + 2)]
many[BLOCK + 1] = many[3] + "!"
found = near_duplicates(many)
module.AT_ONCE = 2
apart = rows_of_many(names, grams.rarity, ASKED) - grams.rows(ASKED)
print(json.dumps({
    "wrong": wrong,
    "unlike": float(np.abs(grams.rows(ASKED) - np.hstack(wanted)).max()),
    "size": float(np.abs(np.hstack(wanted)).max()),
    "apart": float(np.abs(apart.toarray()).max()),
    "columns": len(names["characters"]),
    "pair": bool(found[3] == found[BLOCK + 1]),
    "others": BLOCK + 1 - len(set(found.tolist())),
}))
"""


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    need_service()
    return printed(READ, 120)


def test_an_n_gram_is_counted_as_scikit_learn_counts_it(read: dict[str, Any]) -> None:
    assert read["columns"] > 50
    assert read["wrong"] == 0  # Python's hash of "11" is that of "ㄱ"


def test_a_row_is_tf_idf_of_length_one_in_each_view_as_scikit_learn_makes_it(
    read: dict[str, Any],
) -> None:
    assert read["size"] > 0.3
    assert read["unlike"] < 1e-6


def test_several_processes_count_n_grams_as_one_does(read: dict[str, Any]) -> None:
    assert read["apart"] == 0  # each hashes in its own way


def test_near_duplicates_are_found_wherever_they_stand(read: dict[str, Any]) -> None:
    assert read["pair"]
    assert read["others"] == 0  # and nothing else is taken for one

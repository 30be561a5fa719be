"""Whose words of danger are not listened to finds that on the page where words are kept."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from handoff.pages import Pages
from storage.database import Database
from storage.records import Language, Role
from tests.handoff.conftest import HandClock, member
from tests.handoff.steered import steered

WORD = """
[[word]]
id = "new_slang"
phrases = ["zorped"]
level = "high"
category = "sextortion"
author = "counselor 7"
approver = "supervisor 1"
date = 2026-11-25
fires = ["i got zorped"]
quiet = ["zebra"]
"""


async def page(database: Database, clock: HandClock, words: Path) -> str:
    async with steered(database, clock, words=words) as house:
        session = await house.signed_in(await member(database, "별", role=Role.COUNSELOR))
        async with house.browser(session) as browser:
            shown = await browser.get("/admin/words?lang=en")
    assert shown.status_code == 200
    return shown.text


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (WORD.replace('"new_slang"', '"not_waking"'), ["not_waking: ", "name_taken"]),
        (WORD.replace("i got zorped", "nothing"), ["new_slang: ", "does_not_fire"]),
        ("[[word]", ["unreadable"]),
    ],
)
async def test_words_that_are_not_listened_to_are_named_with_the_reason(
    database: Database, clock: HandClock, tmp_path: Path, file: str, told: Sequence[str]
) -> None:
    words = tmp_path / "words.toml"
    words.write_text(file, "utf-8")

    shown = await page(database, clock, words)

    said = Pages().words_in(Language.EN)
    assert said["word_left_out"] in shown
    *name, code = told
    assert "".join(name) + said[f"word_problem_{code}"] in shown


async def test_the_page_says_nothing_where_every_word_is_listened_to(
    database: Database, clock: HandClock, tmp_path: Path
) -> None:
    (tmp_path / "words.toml").write_text(WORD, "utf-8")

    shown = await page(database, clock, tmp_path / "words.toml")

    assert Pages().words_in(Language.EN)["word_left_out"] not in shown

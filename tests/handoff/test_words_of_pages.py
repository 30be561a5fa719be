"""The words of staff pages: in both languages, with the same blanks, one key each."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.dialogue.content import CRISIS_GROUPS
from bot.dialogue.rule_entries import CATEGORIES
from handoff import pages

WEB = Path(pages.__file__).parent / "web"
FILES = [WEB / "static" / "words.json", *sorted((WEB / "words").glob("*.json"))]
Pairs = list[tuple[str, object]]


def keys_of(path: Path, language: str) -> list[str]:
    """All keys of one language as they stand in the file, those that stand twice included."""
    found: list[Pairs] = []

    def pairs(these: Pairs) -> dict[str, object]:
        found.append(these)
        return dict(these)

    words = json.loads(path.read_text("utf-8"), object_pairs_hook=pairs)
    return next([key for key, _ in these] for these in found if dict(these) == words[language])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_both_languages_have_the_same_words_with_the_same_blanks(path: Path) -> None:
    words = json.loads(path.read_text("utf-8"))
    assert words["ko"].keys() == words["en"].keys()
    for key in words["ko"]:
        slots = [sorted(re.findall(r"\{\w+\}", words[one][key])) for one in ("ko", "en")]
        assert slots[0] == slots[1], key


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_two_words_have_one_key_in_all_files_together(language: str) -> None:
    counted = Counter(key for path in FILES for key in keys_of(path, language))
    assert [key for key, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_counselor_reads_words_for_everything_that_a_rule_or_an_alarm_can_be_about(
    language: str,
) -> None:
    words = json.loads((WEB / "static" / "words.json").read_text("utf-8"))[language]
    needed = {f"signal_{one}" for one in CATEGORIES} | {f"topic_{one}" for one in CRISIS_GROUPS}
    assert needed <= words.keys()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_whoever_takes_a_number_out_that_stays_is_told_which_ones_do(language: str) -> None:
    words = json.loads((WEB / "words" / "settings.json").read_text("utf-8"))[language]
    assert all(number in words["set_wrong_always_needed"] for number in ("112", "119"))

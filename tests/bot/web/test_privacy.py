"""The privacy page: true, in plain words, and left as easily as the chat."""

import re
from pathlib import Path

import pytest

import bot.channels.web
from bot.channels.web.privacy import Section, load_privacy
from bot.channels.web.texts import TextsUnusable
from bot.dialogue.reading_level import Band, reading_level
from tests.bot.web.conftest import DAYS, Site
from tests.bot.web.test_page import EXIT, fetch
from tests.scenarios.house import ROOT

FILE = Path(bot.channels.web.__file__).parent / "privacy.toml"
TEXTS = load_privacy(FILE, DAYS)
PROVED_BY = {
    "who_answers": "test_each_batch_of_lines_is_written_down_once_and_says_which",
    "who_i_am": "test_a_stolen_sqlite_database_tells_of_nobody",
    "pictures": "test_what_is_not_plain_words_arrives_as_what_it_is",
    "kept": "test_nothing_erased_is_readable_after_backup_erasure_restore_and_start",
    "erase": "test_a_counselor_is_told_at_once_that_a_talk_was_erased",
    "this_page": "test_every_answer_carries_the_page_headers_and_no_cookie",
}
"""Section -> a test of what it says; the others are promises of people, not of the program."""
OF_PEOPLE = {"told_others", "your_say"}


def test_every_answer_is_proved_or_a_promise_of_people() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    defined = set(re.findall(r"def (test_\w+)\(", "\n".join(sources)))

    assert PROVED_BY.keys() | OF_PEOPLE == {each.id for each in TEXTS["ko"].sections}
    assert set(PROVED_BY.values()) <= defined


@pytest.mark.parametrize("path", ["/privacy", "/privacy/en"])
async def test_it_says_how_long_this_installation_keeps_what(site: Site, path: str) -> None:
    page = (await fetch(site, path)).text

    assert all(re.search(rf"\b{days}(일| |<)", page) for days in (91, 31, 8))
    assert "{" not in page


@pytest.mark.parametrize("path", ["/privacy", "/privacy/en"])
async def test_leaving_comes_first_and_the_title_says_nothing(site: Site, path: str) -> None:
    page = (await fetch(site, path)).text
    first = re.search(r"<(a|button)\b[^>]*>", page[page.index("<body") :])

    assert first is not None
    assert 'id="leave"' in first[0]
    assert f'href="{EXIT}"' in first[0]
    assert re.search("<title>(채팅|Chat)</title>", page)


async def test_the_chat_leads_to_it(site: Site) -> None:
    assert 'href="/privacy"' in (await fetch(site, "/")).text


def test_both_languages_answer_the_same_questions() -> None:
    korean, english = (TEXTS[language].sections for language in ("ko", "en"))

    assert [each.id for each in korean] == [each.id for each in english]
    assert all(each.title and each.text for each in (*korean, *english))


@pytest.mark.parametrize("section", TEXTS["ko"].sections, ids=lambda each: each.id)
def test_a_reader_of_twelve_can_read_each_answer(section: Section) -> None:
    assert reading_level(section.text).band is Band.ELEMENTARY


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reviewer = ", "nobody = "),
        ('title_en = "Who reads it"\n', ""),
        ("{backup_days}", "{other_days}"),
        ('back = "Back to the chat"\n', ""),
    ],
)
def test_a_page_that_lacks_something_is_refused(tmp_path: Path, old: str, new: str) -> None:
    broken = tmp_path / "privacy.toml"
    broken.write_text(FILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    with pytest.raises(TextsUnusable):
        load_privacy(broken, DAYS)

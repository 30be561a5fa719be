"""A changed sentence is live without a restart; a broken file never replaces a good one."""

import logging
import shutil
from pathlib import Path

import httpx
import pytest

from bot.content_folder import ContentFolder, problem_of
from bot.dialogue.content import FOLDER
from storage.database import Database
from storage.records import Language
from tests.bot.road import SOON, Road, nlu, understood

OLD, NEW = "반가워요, 듣고 있어요.", "반가워요, 잘 왔어요."
CANARY = "카나리아"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "content"))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "talk.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def greeting(_: httpx.Request) -> httpx.Response:
    return understood("greet")


async def test_a_changed_sentence_is_said_by_the_running_engine(
    database: Database, folder: Path
) -> None:
    shelf, road = ContentFolder(folder), Road(database, nlu(greeting))
    shelf.follow(road.engine.use)
    await road.talk("안녕")
    edit(folder, OLD, NEW)

    await shelf.look()

    answers = await road.talk("안녕하세요", now=SOON)
    assert any(NEW in answer for answer in answers)


async def test_a_broken_file_keeps_all_old_sentences_and_is_named_without_its_words(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = ContentFolder(folder)
    before = shelf.current
    edit(folder, OLD, f"{CANARY} 1393에 전화하세요.")
    line = 1 + (folder / "talk.toml").read_text("utf-8").splitlines().index('id = "greet.1"')

    with caplog.at_level(logging.ERROR, "gyeot.content"):
        await shelf.look()

    assert shelf.current is before
    assert [vars(seen)["where"] for seen in caplog.records] == [f"talk.toml:{line}"]
    assert CANARY not in str([vars(seen) for seen in caplog.records])


async def test_a_file_that_is_no_toml_is_named_with_its_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = ContentFolder(folder)
    (folder / "steps.toml").write_text("[harm]\n\nx = ]", encoding="utf-8")

    await shelf.look()

    assert [vars(seen)["where"] for seen in caplog.records] == ["steps.toml:3"]


async def test_a_file_mended_after_a_mistake_is_live(folder: Path) -> None:
    shelf = ContentFolder(folder)
    edit(folder, OLD, "{wrong}")
    await shelf.look()
    edit(folder, "{wrong}", NEW)

    await shelf.look()

    assert NEW in shelf.current.sentences["greet.1"].text[Language.KO]


async def test_nothing_is_read_while_nothing_changed(folder: Path) -> None:
    shelf = ContentFolder(folder)

    assert shelf.read_anew() is None


def test_a_folder_is_checked_before_it_is_used(folder: Path) -> None:
    assert problem_of(folder) is None
    edit(folder, OLD, "{wrong}")

    found = problem_of(folder)

    assert found is not None
    assert (found.file, found.entry) == ("talk.toml", "greet.1")


def test_a_number_typed_for_a_button_that_was_edited_away_leads_to_the_menu(folder: Path) -> None:
    content = ContentFolder(folder).current

    assert content.resolve_payload("1", ("go:nowhere.7",)) == "go:menu"
    assert content.resolve_payload("1", ("go:calm",)) == "go:calm"

"""Whether a sentence or a button fits one message of each channel."""

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.bubbles import CHANNELS, load_fitting, misfits
from bot.channels.base import TextUnit
from bot.content_folder import ContentFolder, problem_of
from bot.dialogue.changes import Change, Overlay
from bot.dialogue.content import FOLDER
from bot.dialogue.sentences import LABEL_LIMIT, PAYLOAD_LIMIT, TEXT_LIMIT, Fault
from bot.messages import QuickReply, Reply
from bot.shaping import pieces
from storage.records import Language

GREETING = "반가워요, 듣고 있어요. 오늘은 어떤 얘기를 하고 싶어요?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "content"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_all_that_is_shipped_fits_every_channel() -> None:
    assert load_fitting(FOLDER).sentences


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_fits_is_sent_in_one_message_with_all_its_buttons(channel: str) -> None:
    limits = CHANNELS[channel]
    letter = "가" if limits.text_unit is TextUnit.BYTES else "a"
    fits = limits.text_limit // len(letter.encode())
    reply = Reply(text=letter * fits)

    assert not any(f"{channel} takes" in one for one in misfits(reply))
    assert len(pieces(reply, limits)) == 1
    assert any(
        f"{channel} takes" in one for one in misfits(replace(reply, text=reply.text + letter))
    )


@pytest.mark.parametrize("channel", [one for one, has in CHANNELS.items() if has.quick_replies])
def test_a_button_that_a_channel_would_leave_out_is_named(channel: str) -> None:
    most = CHANNELS[channel].quick_replies
    choices = tuple(QuickReply(str(number), "go:menu") for number in range(most + 1))

    assert not any(
        f"{channel} shows" in one
        for one in misfits(Reply(text="네.", quick_replies=choices[:most]))
    )
    assert f"has {most + 1} buttons, and {channel} shows {most}" in misfits(
        Reply(text="네.", quick_replies=choices)
    )


def test_choices_count_as_text_where_a_channel_has_none() -> None:
    reply = Reply(text="a" * 9_995, quick_replies=(QuickReply("네 알겠어요", "go:menu"),))

    assert any("X takes 10000" in one for one in misfits(reply))


def test_a_bubble_that_kakaotalk_folds_is_refused() -> None:
    assert not [one for one in misfits(Reply(text="a" * 400)) if "hides" in one]
    assert "401 characters long, and KakaoTalk hides what is over 400" in misfits(
        Reply(text="a" * 401)
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "talk.toml",
            GREETING,
            "가" * 340,
            "talk.toml: greet.1: Korean: 1020 bytes (a Korean syllable is three) long, "
            "and Instagram takes 1000 in one message; shorten it",
        ),
        (
            "harms.toml",
            'choices = ["unsafe", "sextortion", "want_to_die", "person"]',
            'choices = ["unsafe", "sextortion", "want_to_die", "calm", "person"]',
            "harms.toml: scared.1: Korean: has 6 buttons, "
            "and KakaoTalk with a counselor shows 5; shorten it",
        ),
    ],
)
def test_whoever_writes_is_told_what_fits_where(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    edit(folder / file, old, new)

    assert str(problem_of(folder)) == problem


def test_words_for_a_band_are_held_to_it_as_well(folder: Path) -> None:
    path = folder / "talk.toml"
    text = path.read_text(encoding="utf-8")
    long = "가" * 340
    path.write_text(
        re.sub('(?m)^ko_elementary = "무슨 일이.*$', f'ko_elementary = "{long}"', text),
        encoding="utf-8",
    )

    assert str(problem_of(folder)).startswith(
        "talk.toml: menu.1: Korean for elementary school: 1020 bytes"
    )


def test_the_limits_of_the_house_are_within_those_of_every_channel() -> None:
    shown = [limits for limits in CHANNELS.values() if limits.quick_replies]

    assert min(limits.label_limit for limits in shown) == LABEL_LIMIT
    assert min(limits.payload_limit for limits in shown) == PAYLOAD_LIMIT
    assert min(limits.fold or limits.text_limit for limits in CHANNELS.values()) == TEXT_LIMIT


def test_a_change_that_does_not_fit_a_message_of_some_channel_is_left_out(folder: Path) -> None:
    shelf = ContentFolder(folder)
    part = f"{'가' * 10} " * 8 + "끝."  # nothing else is wrong with four of them
    letters = {Language.KO: " ".join([part] * 4), Language.EN: "Yes."}
    long = Change("greet.1", None, letters, "", "", "별, 달", date(2026, 11, 28), 1)

    shelf.lay(Overlay((long,)))

    assert shelf.left_out == {("greet.1", ""): (Fault("misfit", "Instagram"),)}
    assert shelf.current is shelf.files

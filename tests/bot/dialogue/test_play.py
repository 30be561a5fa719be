"""Plays: what is written is said, and what is no play is refused."""

import pytest

from bot.dialogue.play import PlayBroken, Speaker, perform, read_play
from tests.bot.dialogue.turns import CONTENT


def test_a_burst_is_one_turn() -> None:
    went = perform(read_play("> 저기요\n+ 상담사랑 얘기할래요"), CONTENT)

    assert [line.speaker for line in went[:2]] == [Speaker.PERSON, Speaker.MORE]
    assert [line.text for line in went if line.speaker is Speaker.HOUSE] == ["requested"]


def test_a_thing_that_is_not_fetched_gets_words() -> None:
    went = perform(read_play("> [image]"), CONTENT)

    assert any(line.speaker is Speaker.BOT and "사진" in line.text for line in went)


def test_choices_are_shown_where_the_bot_offers_them() -> None:
    went = perform(read_play("> (loneliness) 외로워"), CONTENT)

    assert went[-1].choices


@pytest.mark.parametrize("text", ["", "# only a title", "< only the bot", "> hi\n? hm"])
def test_what_is_no_play_is_refused(text: str) -> None:
    with pytest.raises(PlayBroken):
        read_play(text)


def test_a_refusal_names_the_line_and_none_of_its_words() -> None:
    with pytest.raises(PlayBroken, match="line 2") as refused:
        read_play("> hi\ncanary")

    assert "canary" not in str(refused.value)

"""A reply that fits its channel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Capabilities, TextUnit
from bot.messages import QuickReply, Reply
from bot.shaping import length, pieces

CHOICES = (QuickReply("네", "say:yes"), QuickReply("상담사", "ask:person"))
WIDE = Capabilities(1000, TextUnit.CHARACTERS, 13, 20, 300)
BYTES = Capabilities(60, TextUnit.BYTES, 13, 20, 300)
PLAIN = Capabilities(1000, TextUnit.CHARACTERS, 0, 0, 0)


def narrow(limit: int, unit: TextUnit = TextUnit.CHARACTERS) -> Capabilities:
    return Capabilities(limit, unit, 13, 20, 300)


def test_what_fits_goes_as_it_is() -> None:
    reply = Reply("안녕하세요.", CHOICES)

    assert pieces(reply, WIDE) == (reply,)


def test_a_long_text_is_cut_at_the_ends_of_sentences() -> None:
    reply = Reply("첫 문장이에요. 두 번째예요! 세 번째일까요? 네 번째예요.", CHOICES)

    cut = pieces(reply, narrow(20))

    assert [piece.text for piece in cut] == [
        "첫 문장이에요. 두 번째예요!",
        "세 번째일까요? 네 번째예요.",
    ]
    assert [len(piece.quick_replies) for piece in cut] == [0, 2]


def test_a_sentence_over_the_limit_is_cut_between_words() -> None:
    cut = pieces(Reply("하나 둘 셋 넷 다섯 여섯"), narrow(8))

    assert [piece.text for piece in cut] == ["하나 둘 셋", "넷 다섯 여섯"]


def test_bytes_are_counted_where_the_provider_counts_bytes() -> None:
    cut = pieces(Reply("가" * 50), BYTES)

    assert [len(piece.text) for piece in cut] == [20, 20, 10]


def test_an_emoji_outside_the_first_plane_counts_twice_in_utf16() -> None:
    assert length("🙏가", TextUnit.UTF16) == 3


def test_a_channel_without_choices_gets_a_numbered_list() -> None:
    (reply,) = pieces(Reply("무엇을 할까요?", CHOICES), PLAIN)

    assert reply.text == "무엇을 할까요?\n1. 네\n2. 상담사"
    assert reply.quick_replies == ()


def test_more_choices_than_a_channel_shows_are_left_out() -> None:
    few = Capabilities(1000, TextUnit.CHARACTERS, 1, 20, 300)

    (reply,) = pieces(Reply("무엇을 할까요?", CHOICES), few)

    assert reply.quick_replies == CHOICES[:1]


def test_the_way_to_answer_once_goes_with_the_first_piece_only() -> None:
    reply = Reply("하나. 둘.", reply_token="once", reference="across")

    first, last = pieces(reply, narrow(4))

    assert (first.reply_token, last.reply_token) == ("once", None)
    assert (first.reference, last.reference) == (None, "across")


@given(
    text=st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip())),
    limit=st.integers(min_value=4, max_value=80),
    unit=st.sampled_from(TextUnit),
)
def test_every_piece_fits_and_no_word_is_lost(text: str, limit: int, unit: TextUnit) -> None:
    cut = pieces(Reply(text), narrow(limit, unit))

    assert all(0 < length(piece.text, unit) <= limit for piece in cut)
    assert "".join("".join(piece.text.split()) for piece in cut) == "".join(text.split())


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_is_still_one_message(text: str) -> None:
    assert len(pieces(Reply(text), WIDE)) == 1

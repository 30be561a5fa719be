"""How hard a sentence is to read."""

import pytest

from bot.dialogue.reading_level import Band, reading_level
from storage.records import Language


def test_words_are_counted_for_each_sentence() -> None:
    level = reading_level("내 사진은 내 거예요. 누가 달라고 해도 안 보내도 돼요!")

    assert (level.mean, level.longest) == (5, 6)


@pytest.mark.parametrize(
    ("words", "band"),
    [(8, Band.ELEMENTARY), (9, Band.MIDDLE), (12, Band.HIGH), (15, None)],
)
def test_the_band_is_the_youngest_that_can_read_it(words: int, band: Band | None) -> None:
    assert reading_level(" ".join(["말"] * words)).band is band


def test_one_long_sentence_is_too_long_though_the_mean_is_not() -> None:
    text = "네. 네. 네. 네. " + " ".join(["말"] * 13) + "."

    assert reading_level(text).band is Band.MIDDLE


def test_a_number_counts_as_a_word_and_nothing_as_easy() -> None:
    assert reading_level("{number.police} 전화").longest == 2
    assert reading_level("").band is Band.ELEMENTARY


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("It is not your fault. You can tell a grown-up.", Band.ELEMENTARY),
        ("They will publish your pictures.", Band.MIDDLE),
        (" ".join(["so"] * 10) + ".", Band.ELEMENTARY),
        (" ".join(["so"] * 11) + ".", Band.MIDDLE),
        ("So. So. So. " + " ".join(["so"] * 16) + ".", Band.MIDDLE),
        (" ".join(["so"] * 26), None),
    ],
)
def test_english_is_measured_by_its_long_words_too(text: str, band: Band | None) -> None:
    assert reading_level(text, Language.EN).band is band


def test_a_word_is_long_from_seven_letters_on_whatever_signs_it_has() -> None:
    level = reading_level("'Picture' is long, don't is not. 'Abcdef' neither.", Language.EN)

    assert level.long_words == 1


def test_korean_words_are_not_measured_by_their_length() -> None:
    assert reading_level("개인정보보호위원회에서는 괜찮습니다만").long_words == 0

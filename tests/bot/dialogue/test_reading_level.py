"""How hard a sentence is to read."""

import pytest

from bot.dialogue.reading_level import Band, reading_level


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

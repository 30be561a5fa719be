"""Noise that only hurries: seeded, bounded, and never silent."""

import random
from collections.abc import Iterator
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nlu.conftest import component

SENTENCES = ("사진을 퍼뜨린다고 협박해요", "i am scared of him", "디엠으로 id 알려줬어요 ㅠㅠ")


@pytest.fixture(scope="module")
def noise() -> Iterator[ModuleType]:
    with component("noise") as loaded:
        yield loaded


@pytest.mark.parametrize("level", ["mild", "heavy"])
@pytest.mark.parametrize("text", SENTENCES)
def test_the_same_seed_gives_the_same_noise(noise: ModuleType, text: str, level: str) -> None:
    once, again = (noise.noised(text, level, random.Random(3)) for _ in range(2))

    assert once == again
    assert {noise.noised(text, level, random.Random(seed)) for seed in range(20)} != {text}


def test_mild_noise_leaves_most_letters_and_heavy_noise_fewer(
    noise: ModuleType, hangul: ModuleType
) -> None:
    def kept(level: str) -> float:
        letters = set(hangul.decompose(SENTENCES[0]))
        typed = (noise.noised(SENTENCES[0], level, random.Random(seed)) for seed in range(50))
        return sum(len(letters & set(hangul.decompose(text))) for text in typed)

    assert kept("mild") > kept("heavy")


@pytest.mark.parametrize(
    ("change", "text", "expected"),
    [
        ("initials", "사진", "ㅅㅈ"),
        ("latin", "협박", "hyeopbak"),
        ("split_letters", "곁", "ㄱㅕㅌ"),
        ("drop", "않", "아"),
        ("drop_space", "가 나", "가나"),
        ("swap", "가나", "나가"),
    ],
)
def test_each_change_does_what_its_name_says(
    noise: ModuleType, change: str, text: str, expected: str
) -> None:
    assert getattr(noise, change)(text, random.Random(1)) == expected


def test_a_slip_hits_a_key_beside_the_one_that_was_meant(noise: ModuleType) -> None:
    slipped = {noise.slip("q", random.Random(seed)) for seed in range(30)}

    assert slipped <= {"q", "w", "a"}
    assert "w" in slipped


def test_a_slip_inside_a_syllable_leaves_a_syllable(noise: ModuleType) -> None:
    for seed in range(100):
        assert "가" <= noise.slip("협", random.Random(seed)) <= "힣"


@given(text=st.text(max_size=40), seed=st.integers(0, 99), level=st.sampled_from(["mild", "heavy"]))
def test_any_text_survives(noise: ModuleType, text: str, seed: int, level: str) -> None:
    assert len(noise.noised(text, level, random.Random(seed))) <= 12 * len(text) + 120

"""The sieve lets through whatever a pattern matches."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.content import FOLDER
from bot.dialogue.lexicon import load_lexicon
from bot.dialogue.rules import Rule
from bot.dialogue.sieve import make_sieve

WORDS = ["자살", "혼자살아", "약", "치약", "12알", "१२알", "café die", "tommy die",
         "my friend é die", "죽", "고", " ", "\ud800", "😭", "ㅠㅠ", "late for",
         "late again", "a-b"]  # fmt: skip
PATTERNS = [
    re.compile(each)
    for each in (
        "(?<!혼)자살",
        r"\d+알",
        r"\bmy friend\b(?: \w+){0,2} die\b",
        r"late\b(?! (?:for|to))",
        r"죽.{0,4}고$",
        r"[^\W_]고",
        r"(?:(?<![치만])약)(?:을|[)\]])?",
        r"(.)\1알",  # RE2 has no such groups
        r"caf\w die",
    )
]
RULES = [rule for rule in load_lexicon(FOLDER).rules if isinstance(rule, Rule)]
OURS = make_sieve(
    [each for rule in RULES for each in (*rule.squeezed, *filter(None, [rule.spaced]))]
)
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=6).map("".join)


@given(TEXTS)
def test_whatever_matches_is_likely(text: str) -> None:
    matching = [number for number, each in enumerate(PATTERNS) if each.search(text)]

    assert set(matching) <= set(make_sieve(PATTERNS).likely(text))


@given(TEXTS)
def test_replacing_is_that_of_the_patterns_one_after_the_other(text: str) -> None:
    expected = text
    for pattern in PATTERNS:
        expected = pattern.sub("□", expected)

    assert make_sieve(PATTERNS).replaced(text, "□", range(len(PATTERNS))) == expected


def test_only_the_patterns_that_are_named_are_replaced() -> None:
    assert make_sieve(PATTERNS).replaced("12알 late again", "□", {1}) == "□ late again"


def test_most_of_what_cannot_match_is_held_back() -> None:
    likely = make_sieve(PATTERNS).likely("오늘 급식 맛있었다")

    assert [PATTERNS[number].pattern for number in likely] == [r"[^\W_]고", r"(.)\1알"]


@given(st.data())
def test_whatever_a_rule_of_ours_matches_is_likely(data: st.DataObject) -> None:
    number, pattern = data.draw(st.sampled_from([*enumerate(OURS.patterns)]))

    text = data.draw(st.from_regex(pattern))

    # What looks ahead or back may deny what was made.
    assert pattern.search(text) is None or number in OURS.likely(text)


def test_a_sieve_of_nothing_lets_nothing_through() -> None:
    assert make_sieve([]).likely("자살") == []

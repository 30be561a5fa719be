"""Return codes as words."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.dialogue.codes import PARTS, WORDS, code_in, load_spellings, spelled
from bot.dialogue.content import FOLDER
from storage.records import Language
from storage.returning import CODES

SPELLINGS = load_spellings(FOLDER)
codes = st.integers(0, CODES - 1)


@given(codes, st.sampled_from(Language))
@example(121408, Language.KO)  # … 계단 단단한 …
def test_a_code_is_read_back_from_its_words(code: int, language: Language) -> None:
    words = spelled(code, language, SPELLINGS)

    assert code_in(words, SPELLINGS) == (True, code)
    assert code_in(f" {words.upper().replace(' ', '')}. ", SPELLINGS) == (True, code)


@given(codes, codes)
def test_two_codes_are_never_spelled_alike(one: int, other: int) -> None:
    spellings = [spelled(code, Language.KO, SPELLINGS) for code in (one, other)]

    assert (spellings[0] == spellings[1]) is (one == other)


def test_every_code_there_is_can_be_spelled() -> None:
    assert PARTS ** (2 * WORDS) == CODES == 2**36


def test_a_code_with_a_slip_in_it_is_meant_as_one_and_is_none() -> None:
    words = spelled(1234567, Language.KO, SPELLINGS).split()

    assert code_in(" ".join([*words[:2], "아무말"]), SPELLINGS) == (True, None)


def test_other_words_are_no_code() -> None:
    for text in ("안녕하세요", "작은 고래 봤어요", "01012345678", "", "초록고래", "나 어제 울었어"):
        assert code_in(text, SPELLINGS) == (False, None), text

"""Somebody who writes in a language that is not spoken here gets numbers and a person."""

import unicodedata

import pytest

from bot.dialogue.language import is_foreign
from bot.dialogue.memory import Memory
from bot.dialogue.policy import decide
from storage.records import AskReason
from tests.bot.dialogue.turns import CONTENT, QUEUED, said, turn

FOREIGN = {
    "Vietnamese": "Tôi cần giúp đỡ, có người đe dọa tôi",
    "Thai": "ช่วยด้วย มีคนขู่ฉัน",
    "Chinese": "我很害怕，有人威胁我",
    "Japanese": "助けてください",
    "Russian": "помогите мне пожалуйста",
    "Mongolian": "надад туслаач",
    "Arabic": "أحتاج إلى مساعدة",
    "Nepali": "मलाई मद्दत चाहिन्छ",
    "Turkish": "Çok korkuyorum, bana yardım eder misin lütfen",
}
OURS = (
    "hello i need help",
    "we met at the café",
    "i was at the café with my old friends and my fiancé",
    "사진이 퍼졌어요",
    "tôi 그게 뭐예요 rất",
    "jukgo sipeoyo",
    "ㅠㅠㅠㅠ",
    "😀😀😀😀",
)


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_language_we_do_not_have_is_known_as_one(text: str) -> None:
    assert is_foreign(text)
    assert is_foreign(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize("text", OURS)
def test_korean_and_english_are_not_taken_for_another(text: str) -> None:
    assert not is_foreign(text)


@pytest.mark.parametrize("intent", [None, "smalltalk"])
@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_it_is_answered_with_numbers_and_a_person_in_both_languages(
    text: str, intent: str | None
) -> None:
    decision = decide(turn(text, intent=intent), CONTENT)

    assert decision.ask is AskReason.NOT_UNDERSTOOD
    for number in ("police", "danuri"):
        assert CONTENT.numbers[number].value in said(decision)
    assert "상담사" in said(decision)
    assert "counselor" in said(decision)


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_while_they_wait_they_are_not_answered_in_words_they_cannot_read(text: str) -> None:
    decision = decide(
        turn(text, state=QUEUED, memory=Memory(introduced=True, last="waiting.1")), CONTENT
    )

    assert (decision.memory.last or "").startswith("unknown_language.")
    assert decision.ask is None

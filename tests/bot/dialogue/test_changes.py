"""A change by staff passes what files must pass, or stays out; nothing else changes."""

import re
from dataclasses import replace
from datetime import date

import pytest

from bot.dialogue.changes import FALLBACKS, Change, Overlay, changed, lay, problems, without
from bot.dialogue.content import FOLDER, load_content
from bot.dialogue.reading_level import Band
from storage.records import Language

CONTENT = load_content(FOLDER)
KO, EN = Language.KO, Language.EN
TODAY = date(2026, 11, 28)


def change(sentence: str = "greet.1", **fields: object) -> Change:
    made = {
        "sentence": sentence,
        "band": None,
        "text": {KO: "반가워요, 잘 왔어요.", EN: "Good to see you here."},
        "source": "",
        "looked_up": "",
        "reviewer": "별, 달",
        "date": TODAY,
        "number": 1,
    }
    return Change(**{**made, **fields})  # type: ignore[arg-type]


def texts(ko: str = "네, 그래요.", en: str = "Yes, it is.") -> dict[Language, str]:
    return {KO: ko, EN: en}


def codes(one: Change) -> set[str]:
    return {found.code for found in problems(CONTENT, one)}


def test_a_change_that_passes_is_said_and_signed_and_every_other_sentence_is_as_it_was() -> None:
    laid = lay(CONTENT, Overlay((change(),)))

    after = laid.content.sentences["greet.1"]
    assert laid.left_out == {}
    assert laid.content.reply("greet.1", KO).text == "반가워요, 잘 왔어요."
    assert (
        laid.content.reply("greet.1", KO).quick_replies
        == CONTENT.reply("greet.1", KO).quick_replies
    )
    assert (after.reviewer, after.date) == ("별, 달", TODAY)
    assert after.version == CONTENT.sentences["greet.1"].version + 1
    assert {**laid.content.sentences, "greet.1": None} == {**CONTENT.sentences, "greet.1": None}


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (change("nothing.9"), "unknown_sentence"),
        (change(text=texts(en=" ")), "missing_language"),
        (change(text={KO: "네."}), "missing_language"),
        (change(text=texts("가" * 401)), "too_long"),
        (change(text=texts("네. " * 6)), "too_many_parts"),
        (change(text=texts(en="x" * 131)), "part_too_long"),
        (change(text=texts("낱말 " * 21)), "too_hard"),
        (change(text=texts("낱말 " * 13), band=Band.ELEMENTARY), "too_hard"),
        (change(text=texts("{number.pizza}예요.")), "unknown_number"),
        (change(text=texts("{name}님, 안녕.")), "stray_brace"),
        (change(text=texts("1393에 전화하세요.")), "unconfirmed_number"),
        (change(text=texts("１３９３에 전화하세요.")), "unconfirmed_number"),
        (change(text=texts("02-735-8994예요.")), "unconfirmed_number"),
        (change(text=texts("왜 그랬어요?")), "banned"),
        (change(text=texts(en="Please send me a photo.")), "banned"),
        (change(text=texts("{number.police}예요.")), "no_source"),
        (change(text=texts("{number.police}예요."), source="x"), "no_source_date"),
        (change(text=texts("{number.police}예요."), source="x", looked_up="2026-02-30"),
         "no_source_date"),
        (change(text=texts("{number.police}예요."), source="x", looked_up="2026-11-29"),
         "source_date_ahead"),
        (change(text=texts("그건 범죄예요.")), "no_source"),
        (change(text=texts(en="so " * 16), band=Band.ELEMENTARY), "too_hard"),
        (change(text=texts(en="The evidence."), band=Band.ELEMENTARY), "hard_word"),
        (change("self_harm.1"), "number_lost"),
        (change("self_harm.1"), "no_number"),
        (change("danger_now.1", text=texts("지금 안전해요? 누가 있어요?")), "asks_too_much"),
        (change("watched.1", text=texts("상담은 나중에 해요.")), "tells_too_much"),
        (change("kakao_check.1", text=texts("답이 왔는지 한 번 더 보기")), "label_too_long"),
        (change("watched.1", text=texts("{number.police}")), "tells_too_much"),
        (change(text=dict(CONTENT.sentences["greet.2"].text)), "same_as_another"),
    ],
)  # fmt: skip
def test_a_change_with_a_mistake_stays_out_and_says_which(one: Change, code: str) -> None:
    assert code in codes(one)

    laid = lay(CONTENT, Overlay((one, change("greet.2"))))

    assert code in {found.code for found in laid.left_out[one.key]}
    untouched = replace(laid.content, sentences={**laid.content.sentences, "greet.2": None})  # type: ignore[dict-item]
    assert untouched.sentences == {**CONTENT.sentences, "greet.2": None}
    assert laid.content.reply("greet.2", KO).text == "반가워요, 잘 왔어요."  # the sound one is said


@pytest.mark.parametrize("name", sorted(CONTENT.sentences))
def test_every_sentence_of_the_files_would_pass_as_a_change(name: str) -> None:
    one = CONTENT.sentences[name]
    same = change(name, text=one.text, source=one.source or "", looked_up="2026-11-28")
    banded = [replace(same, band=band, text=text) for band, text in one.bands.items()]
    assert [list(problems(CONTENT, each)) for each in (same, *banded)] == [[]] * (1 + len(banded))


def test_words_for_an_age_are_read_by_that_age_alone() -> None:
    simple = change(text=texts("안녕! 잘 왔어요."), band=Band.ELEMENTARY)
    after = lay(CONTENT, Overlay((simple,))).content
    assert after.sentence("greet.1", KO, Band.ELEMENTARY) == "안녕! 잘 왔어요."
    assert after.sentence("greet.1", KO) == CONTENT.sentence("greet.1", KO)


def test_a_change_that_was_good_and_lacks_a_number_of_newer_files_is_left_out() -> None:
    one = change()
    newer = changed(
        CONTENT, change(text=texts("{number.women}에 전화해요.", "Call {number.women}."))
    )
    assert lay(CONTENT, Overlay((one,))).left_out == {}

    laid = lay(newer, Overlay((one,)))

    assert [found.code for found in laid.left_out["greet.1", ""]] == ["number_lost"] * 2
    assert laid.content.sentence("greet.1", KO) == "1366에 전화해요."


def test_a_change_of_a_sentence_that_newer_files_no_longer_have_is_left_out() -> None:
    rest = {name: one for name, one in CONTENT.sentences.items() if name != "greet.1"}
    laid = lay(replace(CONTENT, sentences=rest), Overlay((change(),)))
    assert [found.code for found in laid.left_out["greet.1", ""]] == ["unknown_sentence"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["women", "suicide", "youth", "take_it_down"])
def test_a_number_out_of_use_is_in_no_sentence_and_another_one_stands_there(
    name: str, language: Language
) -> None:
    value = CONTENT.numbers[name].value
    named = [one for one in CONTENT.sentences if value in CONTENT.sentence(one, language)]
    after = without(CONTENT, {name})

    assert named
    for one in named:
        said = after.sentence(one, language)
        assert not re.search(rf"(?<![\d-]){re.escape(value)}(?!\d)", said)
        assert any(after.numbers[other].value in said for other in FALLBACKS)


def test_the_police_stay_whatever_is_set_and_stand_in_for_all_others() -> None:
    after = without(CONTENT, {*CONTENT.numbers})
    assert "112" in after.sentence("self_harm.1", KO)
    assert "109" not in after.sentence("self_harm.1", KO)


def test_nothing_stands_in_for_the_ambulance() -> None:
    after = without(CONTENT, {"ambulance"})
    assert "119" in after.sentence("medical.1", KO)


def test_nothing_is_laid_over_where_nothing_was_changed() -> None:
    assert lay(CONTENT, Overlay()).content is CONTENT

"""What a reviewer of content is given."""

from pathlib import Path

import pytest

from bot.review import ReviewRefused, checked, preview
from tests.bot.road import CONTENT_FILES


def test_the_check_lists_every_sentence_with_who_read_it() -> None:
    told = checked(CONTENT_FILES)

    assert all(f"\n{name} " in told for name in CONTENT_FILES.sentences)
    assert f"{len(CONTENT_FILES.sentences)} sentences are valid" in told


def test_a_page_shows_the_talk_and_escapes_what_was_said(tmp_path: Path) -> None:
    play = tmp_path / "one.talk"
    play.write_text("# A title\n> (loneliness) <b>외로워</b>\n", encoding="utf-8")

    page = preview([play], CONTENT_FILES)

    assert "A title" in page
    assert "&lt;b&gt;외로워" in page
    assert "얘기할 사람이 없다고" in page


@pytest.mark.parametrize("content", [b"canary", b"\xff\xfe"])
def test_a_file_that_is_no_play_is_refused_by_name_only(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "one.talk").write_bytes(content)

    with pytest.raises(ReviewRefused, match=r"one\.talk") as refused:
        preview([tmp_path / "one.talk"], CONTENT_FILES)

    assert "canary" not in str(refused.value)

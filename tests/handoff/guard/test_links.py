"""Which links, numbers and handles may be named to a young person."""

import tomllib
from pathlib import Path

import pytest

from bot.dialogue.content import FOLDER
from handoff.guard.asking import Ask, asked

PAGES = Path(FOLDER) / "numbers.toml"


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678",
        "0 1 0 1 2 3 4 5 6 7 8",
        "공일공 일이삼사 오육칠팔 로 연락해",
        "1599-0000으로 전화해 보세요",
        "https://bit.ly/3abcde",
        "t . me / abcde",
        "http://1388.go.kr.evil.net",
        "police.go.kr.help.xyz",
        "someone@example.com",
        "@sunny_helper 로 디엠",
        "카카오톡에서 saver119 를 검색해서 추가해",
        "8150382@seoulwomen.or.kr 말고 other@example.com",
    ],
)
def test_what_leads_elsewhere_is_stopped(text: str) -> None:
    assert asked(text) is Ask.LINK


@pytest.mark.parametrize(
    "text",
    [
        "112, 1366, 1388, 117, 109, 1377, 182, 119",
        "디성센터는 02-735-8994로 전화하면 돼",
        "https://d4u.stop.or.kr 에서 도와줘요",
        "카카오톡에서 @d4youth 로 말을 걸 수 있어",
        "8150382@seoulwomen.or.kr",
        "117은 #0117에 문자해도 돼",
        "@d4youth1020에 연락할 수 있어",
        "카카오톡에서 지지동반자0382에 연락할 수 있어",
        "2026-11-28에 다시 확인할게요",
        "10,000,000원을 요구했구나",
        "I feel sad. I'm here. Me too.",
    ],
)
def test_help_services_dates_and_amounts_are_not(text: str) -> None:
    assert asked(text) is None


def test_every_number_that_the_bot_may_name_is_allowed() -> None:
    numbers = tomllib.loads(PAGES.read_text(encoding="utf-8"))["number"]

    stopped = [one["id"] for one in numbers if asked(f"{one['name_ko']}: {one['value']}")]

    assert stopped == []

"""What is said last in the longest message of every channel is heard as danger."""

import json
from uuid import uuid4

import pytest

from bot.channels.base import Channel
from bot.channels.kakao_skill import KakaoSkillChannel
from bot.channels.web import LIMITS
from bot.channels.web.frames import TEXT_LIMIT, Said, read_frame
from bot.dialogue.risk import CAP, screen
from bot.webhooks import BODY_CAP
from storage.records import Risk
from tests.contracts.case import Case
from tests.contracts.cases_kakao import skill_case

DANGER = " 저 지금 옥상이에요 뛰어내릴 거예요"
TALK = "오늘 급식 맛있었어 "


def longest(length: int) -> str:
    """Plain talk up to a length, whose last words are of danger."""
    return (TALK * length)[: length - len(DANGER)] + DANGER


def test_the_last_words_of_the_longest_message_of_a_channel_are_heard(
    reader: Channel, case: Case
) -> None:
    said = longest(reader.capabilities.text_limit)
    body = case.body(case.person.says(said))

    (message,) = reader.parse(body, case.proof(body))

    assert message.text == said
    assert screen([message.text]).level is Risk.IMMINENT


def test_the_last_words_of_the_longest_message_to_the_skill_are_heard() -> None:
    case = skill_case()
    body = case.body(case.person.says(longest(KakaoSkillChannel.capabilities.text_limit)))

    (message,) = case.build("", 1.0).parse(body, case.proof(body))

    assert screen([message.text]).level is Risk.IMMINENT


def test_the_last_words_of_the_longest_message_on_the_page_are_heard() -> None:
    frame = {"v": 1, "t": "say", "id": str(uuid4()), "text": longest(TEXT_LIMIT)}

    said = read_frame(json.dumps(frame, ensure_ascii=False))

    assert isinstance(said, Said)
    assert screen([said.text]).level is Risk.IMMINENT


def test_all_that_a_channel_states_is_read_in_one_go(reader: Channel) -> None:
    stated = (reader.capabilities, KakaoSkillChannel.capabilities, LIMITS)

    assert max(each.text_limit for each in stated) <= CAP


@pytest.mark.parametrize("length", [CAP + 1, 2 * CAP, BODY_CAP])
def test_of_more_than_any_channel_states_head_and_tail_are_heard(length: int) -> None:
    talk = (TALK * length)[: length - len(DANGER)]

    assert screen([talk]).level is Risk.NONE
    assert screen([talk + DANGER]).level is Risk.IMMINENT
    assert screen([DANGER + talk]).level is Risk.IMMINENT


def test_twice_what_any_channel_states_is_read_without_a_gap() -> None:
    for before in range(0, 2 * CAP - 2000, 1999):
        talk = (TALK * CAP)[:before] + DANGER + " " + (TALK * CAP)[: 2 * CAP - 100 - before]

        assert screen([talk[: 2 * CAP - 100]]).level is Risk.IMMINENT

"""Every topic a young person may come with is a complete path."""

import pytest

from bot.dialogue.content import ASK_PERSON, CRISIS_GROUPS
from bot.dialogue.policy import HARM_OF_RISK, HELPED
from storage.metric_tables import group
from storage.records import Language
from tests.bot.dialogue.turns import CONTENT

TOPICS = {
    "grooming and luring": "grooming",
    "threatened with pictures": "sextortion",
    "threatened with a deadline": "threat",
    "already paid": "already_paid",
    "a picture was sent": "image_sent",
    "illegal filming": "illegal_filming",
    "non-consensual sharing": "image_sharing",
    "deepfake of me": "deepfake_me",
    "deepfake of a friend": "deepfake_friend",
    "I made one": "deepfake_made",
    "paid meetings": "paid_offer",
    "helpers and runaways": "runaway_helper",
    "fake police or activists": "impersonation",
    "account takeover": "account_takeover",
    "bullying with images": "image_bullying",
    "worried friend": "worried_friend",
    "worried parent or teacher": "worried_adult",
    "was it my fault": "blame",
    "will my parents know": "parents",
    "police and law": "police_law",
    "evidence": "evidence",
    "getting it taken down": "removal",
    "self-harm": "self_harm",
    "danger right now": "danger_now",
    "just lonely": "loneliness",
    "abuse of the service": "abusive",
    "tests and spam": "testing",
    "what happens next": "what_next",
}
WITHOUT_NUMBER = ("already_paid", "blame", "evidence", "abusive", "testing")
"""Answers on the way, whose topic names the numbers; or nothing has happened."""


def steps_of(topic: str) -> tuple[str, ...]:
    return CONTENT.steps.path(topic) if topic in CONTENT.steps else CONTENT.groups[topic]


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_a_topic_has_words_steps_choices_help_and_a_person(topic: str) -> None:
    names = steps_of(topic)
    replies = [CONTENT.reply(name, one) for name in names for one in Language]

    assert len(names) >= 2
    for reply in replies:
        payloads = [choice.payload for choice in reply.quick_replies]
        assert ASK_PERSON in payloads
        assert len(payloads) >= 2
    named = any("{number." in CONTENT.sentences[name].text[Language.KO] for name in names)
    assert named or topic in WITHOUT_NUMBER


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
def test_whoever_is_at_the_end_of_a_topic_can_ask_what_happens_next(topic: str) -> None:
    told = [*steps_of(topic), *CONTENT.groups["more"]]  # `more` follows the last step

    assert any("what_next" in CONTENT.sentences[name].choices for name in told)


@pytest.mark.parametrize("topic", [*CRISIS_GROUPS, *HARM_OF_RISK.values(), *HELPED])
def test_the_first_words_to_somebody_in_danger_name_a_number(topic: str) -> None:
    first = CONTENT.sentences[steps_of(topic)[0]]

    for text in first.texts():
        assert "{number." in text


def test_whatever_is_answered_with_numbers_first_is_counted_as_danger() -> None:
    assert {group(topic) for topic in CRISIS_GROUPS} == {"danger"}

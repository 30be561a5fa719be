"""What the counselor's page says of a channel's text limit is what the adapter says."""

import json
from pathlib import Path

from bot.channels.base import Capabilities, TextUnit
from bot.channels.web import WebChannel
from handoff import pages, queue
from tests.contracts.cases import CASES
from tests.factories import NOON


def longest(limits: Capabilities) -> int:
    """How long a provider may find the longest message of a counselor."""
    sizes = {TextUnit.BYTES: 4, TextUnit.UTF16: 2, TextUnit.CHARACTERS: 1}
    return queue.MAX_TEXT * sizes[limits.text_unit]


def test_the_page_knows_every_channel_that_cuts_a_counselors_message() -> None:
    file = Path(pages.__file__).parent / "web/static/limits.json"
    channels = {
        case.name: case.build("http://127.0.0.1:1", 1.0).capabilities for case in CASES.values()
    }
    channels["web"] = WebChannel(lambda: NOON).capabilities
    cut = {
        name: {"most": one.text_limit, "unit": one.text_unit.value}
        for name, one in channels.items()
        if longest(one) > one.text_limit
    }
    assert json.loads(file.read_text("utf-8")) == cut

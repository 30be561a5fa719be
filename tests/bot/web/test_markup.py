"""What a counselor or the bot wrote is text on the young person's page."""

from uuid import uuid4

import pytest
from playwright.async_api import Page

from bot.messages import QuickReply, Reply
from tests.bot.web.conftest import Site
from tests.bot.web.test_script import address, context, page
from tests.markup import CORPUS, WATCH, nothing_ran

__all__ = ["context", "page"]

pytestmark = pytest.mark.browser


async def test_no_text_or_choice_of_the_corpus_is_markup(site: Site, page: Page) -> None:
    await page.evaluate(WATCH)
    where = await address(page)
    for text in CORPUS:
        reply = Reply(text, quick_replies=(QuickReply(text[:40], "topic:x"),))
        await site.channel.send(where, reply, str(uuid4()))
    bubbles = page.locator(".message.bot .bubble")
    assert await bubbles.all_text_contents() == list(CORPUS)
    assert await page.locator(".choices button").all_text_contents() == [CORPUS[-1][:40]]
    await nothing_ran(page, "#log")

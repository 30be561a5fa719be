"""A sentence from a counselor's desk to a young person's phone, in real browsers."""

import pytest
from playwright.async_api import Page, expect

from tests.accessible import violations
from tests.browser.test_two_people import PHONE, opened, say, shown, signed_in
from tests.chromium import headless_chromium
from tests.database import ON_SQLITE
from tests.scenarios.house import House, invite

pytestmark = [pytest.mark.rasa, pytest.mark.browser]

PAGE = "/admin/sentences/intro.1"
KO = "안녕하세요, 저는 챗봇 '곁'이고 사람이 아니에요. 이름이나 사진은 묻지 않아요."
EN = "Hi, I'm a chatbot called Gyeot, no person. Nobody asks for your name or pictures."


@ON_SQLITE
async def test_what_one_proposes_and_another_approves_is_what_a_young_person_reads(
    house: House,
) -> None:
    async with headless_chromium() as browser:
        star = await signed_in(browser, house, house.invitation, "은하")
        moon = await signed_in(browser, house, await invite(house, "supervisor"), "달님")

        await star.goto(house.url + PAGE)
        await fill(star, "왜 그랬어요?", EN)
        await star.get_by_role("button", name="제안하기").press("Enter")
        await expect(star.get_by_text("탓하는 말이에요")).to_be_visible()
        await expect(star.locator("#ko")).to_have_value("왜 그랬어요?")
        assert await violations(star) == []

        await fill(star, KO, EN)
        await star.get_by_role("button", name="확인하고 미리 보기").press("Enter")
        await expect(star.get_by_text("확인을 모두 통과했어요. 아직 제안하지는")).to_be_visible()
        await expect(star.locator("[aria-labelledby=checked] .bubble.new").first).to_have_text(KO)
        await star.get_by_role("button", name="제안하기").press("Enter")
        await expect(star.get_by_text("다른 사람이 정해야 해요.")).to_be_visible()

        await moon.goto(house.url + "/admin/sentences")
        await moon.get_by_role("link", name="intro.1").first.press("Enter")
        await shown(moon, "sentence-waiting")
        await moon.get_by_role("button", name="승인").press("Enter")
        await expect(moon.get_by_text("쓰는 중", exact=True)).to_be_visible()
        assert await violations(moon) == []

        child = await opened(await browser.new_context(viewport=PHONE, locale="ko-KR"), house, "/")
        await say(child, "안녕하세요")
        await expect(child.locator(".message.bot .bubble").first).to_have_text(KO)
        await shown(child, "sentence-phone")


async def fill(page: Page, ko: str, en: str) -> None:
    await page.locator("#ko").fill(ko)
    await page.locator("#en").fill(en)
    await page.locator("#reason").fill("더 짧게")

"""Who gets the duties' pages, and that no page or frame says where anybody writes from."""

import re
from uuid import uuid4

import pytest

from handoff.duties_page import PATH
from storage.database import Database
from storage.records import Role
from tests.database import ON_SQLITE
from tests.handoff.conftest import House, claimed, member, waiting

WAYS = [
    ("GET", ""), ("GET", f"/talks/{uuid4()}"), ("GET", f"/talks/{uuid4()}/print"),
    ("GET", f"/unmaskings/{uuid4()}"), ("POST", f"/talks/{uuid4()}/unmask"),
    ("POST", f"/talks/{uuid4()}/report/sign"), ("POST", f"/unmaskings/{uuid4()}/show"),
    ("POST", "/debrief"), ("POST", f"/debriefs/{uuid4()}"), ("POST", "/practice"),
]  # fmt: skip


@ON_SQLITE
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
async def test_whoever_leads_no_talks_gets_none_of_the_pages(
    house: House, database: Database, role: Role
) -> None:
    async with house.browser(await house.signed_in(await member(database, role=role))) as browser:
        for method, path in WAYS:
            assert (await browser.request(method, PATH + path)).status_code == 403, path


@ON_SQLITE
async def test_without_a_session_there_is_the_sign_in(house: House, database: Database) -> None:
    async with house.browser() as browser:
        for method, path in WAYS:
            answer = await browser.request(method, PATH + path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


@ON_SQLITE
async def test_a_form_of_another_page_changes_nothing(house: House, database: Database) -> None:
    person = await member(database, role=Role.SUPERVISOR)
    async with house.browser(await house.signed_in(person)) as browser:
        for _, path in (one for one in WAYS if one[0] == "POST"):
            answer = await browser.post(PATH + path, data={"csrf": "guess"})
            assert answer.status_code == 403, path


@ON_SQLITE
async def test_what_is_nowhere_or_nonsense_is_a_page_that_says_so(
    house: House, database: Database
) -> None:
    person = await member(database, role=Role.SUPERVISOR)
    async with house.browser(await house.signed_in(person)) as browser:
        page = (await browser.get(PATH)).text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found is not None
        for _, path in (one for one in WAYS if one[0] == "POST" and "debrief" not in one[1][:8]):
            answer = await browser.post(PATH + path, data={"csrf": found[1], "reason": "?"})
            assert 400 <= answer.status_code < 500, path
        assert (await browser.get(f"{PATH}/talks/none")).status_code == 404


@ON_SQLITE
async def test_no_page_and_no_frame_says_where_somebody_writes_from(
    house: House, database: Database
) -> None:
    canary = "canary-account-7351"
    owner = await member(database)
    above = await member(database, "숲", role=Role.SUPERVISOR)
    led = await claimed(database, owner.staff, await waiting(database, canary))
    await waiting(database, f"{canary}-2")
    seen: list[str] = []
    for person in (owner, above):
        token = await house.signed_in(person)
        async with house.page(token) as page:
            await page.until("talks")
            await page.send("next")
            await page.until("refused" if person is above else "claimed")
            seen += [repr(frame) for frame in page.frames]
        async with house.browser(token) as browser:
            for path in (
                "/console",
                PATH,
                f"{PATH}/talks/{led.id}",
                f"{PATH}/talks/{led.id}/print",
            ):
                answer = await browser.get(path)
                seen += [answer.text, repr(answer.headers)]
    auditor = await house.signed_in(await member(database, "살핌", role=Role.AUDITOR))
    async with house.browser(auditor) as browser:
        seen.append((await browser.get("/audit")).text)
    assert len(seen) > 10
    assert not [one for one in seen if canary in one]

"""The auditor's page: who may see it, what it shows, and what it writes down itself."""

import csv
import io
import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text, update

from handoff import audit_sheet
from handoff.headers import HEADERS
from storage import audit
from storage.database import Database
from storage.records import Role
from storage.tables import audit as audit_table
from tests.factories import NOON
from tests.handoff.conftest import House, audit_log_full, member, waiting
from tests.storage.ledger import log_of, sealed, written

OTHERS = [role for role in Role if role is not Role.AUDITOR]
WAYS = [("GET", "/audit"), ("POST", "/audit/export"), ("POST", "/audit/verify")]


async def auditor(house: House) -> str:
    return await house.signed_in(await member(house.database, "살핌", role=Role.AUDITOR))


async def csrf_of(browser: httpx.AsyncClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/audit")).text)
    assert found is not None
    return found[1]


async def acts(database: Database, action: str) -> list[audit.Entry]:
    async with database.reading() as session:
        return [one for one in await audit.entries(session) if one.action == action]


def shown(page: str) -> list[str]:
    """The cells of the table, without marks."""
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


@pytest.mark.parametrize("role", OTHERS)
@pytest.mark.parametrize(("method", "path"), WAYS)
async def test_nobody_but_an_auditor_sees_the_log(
    house: House, role: Role, method: str, path: str
) -> None:
    token = await house.signed_in(await member(house.database, role=role))
    async with house.browser(token) as browser:
        answer = await browser.request(method, path, data={"reason": "other"})
    assert answer.status_code == 403
    assert "<td" not in answer.text
    assert await acts(house.database, "export_log") == []


@pytest.mark.parametrize(("method", "path"), WAYS)
async def test_without_a_session_there_is_the_sign_in(house: House, method: str, path: str) -> None:
    async with house.browser() as browser:
        answer = await browser.request(method, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


async def test_signing_in_leads_an_auditor_to_the_log(house: House) -> None:
    person = await member(house.database, "살핌", role=Role.AUDITOR)
    async with house.browser() as browser:
        answer = await browser.post(
            "/console/login", data=house.credentials(person), follow_redirects=True
        )
    assert (answer.url.path, answer.status_code) == ("/audit", 200)


async def test_the_page_says_who_when_what_and_about_which_talk_and_no_word_of_it(
    house: House,
) -> None:
    talk = await waiting(house.database, "account-canary")
    async with house.browser(await auditor(house), **{"accept-language": "en"}) as browser:
        page = (await browser.get("/audit")).text

    assert shown(page)[:6] == [
        "2026-11-25 21:00:00 UTC 12:00:00", "살핌 Auditor", "signed in", "–", "–",
        "done not sealed yet",
    ]  # fmt: skip
    assert shown(page)[6:12] == [
        "2026-11-25 21:00:00 UTC 12:00:00", "the service", "asked for a person", str(talk.id), "–",
        "done not sealed yet",
    ]  # fmt: skip
    assert "canary" not in page


@pytest.mark.parametrize("way", ["staff", "action", "talk", "since", "until", "nonsense"])
async def test_each_filter_finds_what_it_asks_for(house: House, way: str) -> None:
    token = await auditor(house)
    async with house.database.transaction() as session:
        await session.execute(text("DELETE FROM audit"))
    talk, day = uuid4(), timedelta(days=1)
    me = (await member(house.database, "달")).staff
    async with house.database.transaction() as session:
        for number, (staff, action, object_id) in enumerate(
            [(None, "ask", talk), (me, "read", uuid4()), (None, "lapse", uuid4())]
        ):
            await audit.record(
                session, staff=staff, action=action, object_id=object_id, now=NOON + number * day
            )
    query = {
        "staff": {"staff": str(me.id)}, "action": {"action": "lapse"}, "talk": {"talk": str(talk)},
        "since": {"since": "2026-11-26"}, "until": {"until": "2026-11-25"},
        "nonsense": {"talk": "'; DROP TABLE", "since": "yesterday"},
    }[way]  # fmt: skip

    async with house.browser(token, **{"accept-language": "en"}) as browser:
        page = (await browser.get("/audit", params=query)).text

    found = shown(page)[2::6]
    assert found == {
        "staff": ["read a talk"], "action": ["lapsed by silence"], "talk": ["asked for a person"],
        "since": ["lapsed by silence", "read a talk"], "until": ["asked for a person"],
        "nonsense": ["lapsed by silence", "read a talk", "asked for a person"],
    }[way]  # fmt: skip
    assert ("was not understood" in page) == (way == "nonsense")


async def test_older_acts_are_on_the_next_page_once_each(house: House) -> None:
    token = await auditor(house)
    await written(house.database, 120)
    seen: list[str] = []
    path = "/audit?action=read"
    async with house.browser(token) as browser:
        while path:
            page = (await browser.get(path)).text
            seen += shown(page)[3::6]
            link = re.search(r'href="(/audit\?[^"]*before=\d+)"', page)
            path = link[1].replace("&amp;", "&") if link else ""

    expected = [str(one.object_id) for one in await acts(house.database, "read")]
    assert sorted(seen) == sorted(expected)


async def test_an_export_is_written_down_with_its_reason_before_a_row_is_given(
    house: House,
) -> None:
    await log_of(house.database, 3)
    async with house.browser(await auditor(house)) as browser:
        form = {"csrf": await csrf_of(browser), "reason": "monthly_review"}
        answer = await browser.post("/audit/export", data=form)

    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0]["action"] == "export_log"
    assert rows[0]["why"] == "monthly_review"
    assert len(rows) == 5
    (noted,) = await acts(house.database, "export_log")
    assert (noted.purpose, noted.role) == ("monthly_review", Role.AUDITOR)


async def test_an_export_gives_what_the_filters_match(house: House) -> None:
    await written(house.database, 40)
    async with house.browser(await auditor(house)) as browser:
        form = {"csrf": await csrf_of(browser), "reason": "incident", "action": "claim"}
        answer = await browser.post("/audit/export", data=form)

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["action"] for row in rows} == {"claim"}
    assert len(rows) == len(await acts(house.database, "claim"))


@pytest.mark.parametrize(
    ("form", "status"),
    [({"reason": ""}, 400), ({"reason": "my friend Kim"}, 400), ({"csrf": "x"}, 403)],
)
async def test_without_a_reason_from_the_list_or_the_pages_token_nothing_is_exported(
    house: House, form: dict[str, str], status: int
) -> None:
    async with house.browser(await auditor(house)) as browser:
        right = {"csrf": await csrf_of(browser), "reason": "incident"}
        answer = await browser.post("/audit/export", data={**right, **form})
    assert answer.status_code == status
    assert await acts(house.database, "export_log") == []


async def test_an_export_from_another_site_is_refused(house: House) -> None:
    token = await auditor(house)
    async with house.browser(token) as browser:
        form = {"csrf": await csrf_of(browser), "reason": "incident"}
    async with house.browser(token, origin="https://evil.example") as browser:
        answer = await browser.post("/audit/export", data=form)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/audit/export", "/audit/verify"])
async def test_what_cannot_be_written_down_is_not_done_and_the_page_says_so(
    house: House, path: str
) -> None:
    async with house.browser(await auditor(house), **{"accept-language": "en"}) as browser:
        form = {"csrf": await csrf_of(browser), "reason": "incident"}
        async with audit_log_full(house.database):
            answer = await browser.post(path, data=form)
    assert answer.status_code == 503
    assert "could not be written into the log" in answer.text


@pytest.mark.parametrize("sound", [True, False])
async def test_verifying_is_shown_and_written_down(house: House, sound: bool) -> None:
    await log_of(house.database, 3)
    if not sound:
        async with house.database.transaction() as session:
            first = update(audit_table).where(audit_table.c.position == 1)
            await session.execute(first.values(result="x"))
    async with house.browser(await auditor(house), **{"accept-language": "en"}) as browser:
        form = {"csrf": await csrf_of(browser)}
        await browser.post("/audit/verify", data=form)
        page = (await browser.get("/audit")).text

    (noted,) = await acts(house.database, "verify_log")
    assert (noted.result, noted.purpose) == (("sound", "") if sound else ("broken", "findings 1"))
    assert (f">{'sound' if sound else 'tampered with'}</strong>") in page


async def test_the_state_of_the_chain_is_on_the_page(house: House) -> None:
    token = await auditor(house)
    async with house.browser(token, **{"accept-language": "en"}) as browser:
        before = (await browser.get("/audit")).text
        await sealed(house.database)
        after = (await browser.get("/audit")).text
    assert "1 rows in all" not in before
    assert "1 rows in all" in after
    assert "not there yet" in after


async def test_a_value_that_did_not_open_is_shown_plainly(house: House) -> None:
    async with house.database.transaction() as session:
        await audit.record(
            session, staff=None, action="integrity_failure", object_id=uuid4(), now=NOON
        )
    async with house.browser(await auditor(house), **{"accept-language": "en"}) as browser:
        page = (await browser.get("/audit")).text
    assert 'role="alert"' in page
    assert '<tr class="alarming">' in page
    assert "a value did not open (set aside)" in shown(page)


@pytest.mark.parametrize("path", ["/audit", "/audit/nothing", "/audit?before=x&lang=en"])
async def test_every_answer_has_the_headers(house: House, path: str) -> None:
    async with house.browser(await auditor(house)) as browser:
        answer = await browser.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "<script" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x"])
def test_no_cell_is_a_formula_to_a_spreadsheet(cell: str) -> None:
    assert audit_sheet.line(cell) == f"'{cell}\r\n"


def test_a_day_is_one_of_seoul() -> None:
    wanted = audit_sheet.read({"since": "2026-11-25", "until": "2026-11-25"}).wanted
    assert wanted.since is not None
    assert wanted.until is not None
    assert wanted.since.isoformat() == "2026-11-25T00:00:00+09:00"
    assert wanted.until - wanted.since == timedelta(days=1)

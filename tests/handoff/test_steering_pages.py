"""The pages staff steer by: who sees and sets what, and what they never show."""

import html
import json
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from bot.config import Settings
from bot.dialogue.reading_level import reading_level
from bot.drift import Drift
from bot.messages import NluResult
from bot.steering import Steering
from bot.weekly_sums import WeeklySums
from handoff import model_facts, transparency_page
from storage import audit, drafts, settings, weekly
from storage.database import Database
from storage.records import Role
from storage.tables import metric_published
from storage.unmaskings import APPROVED
from tests.factories import NOON
from tests.handoff.conftest import HandClock, House, audit_log_full, member
from tests.handoff.steered import MODEL, SECRET, models, steered
from tests.scenarios.house import ROOT

WORD = {
    "phrases": "뿌뿌당하다\nzorped", "fires": "나 뿌뿌당하다니\ni got zorped", "quiet": "뿌듯하다",
    "level": "high", "category": "sextortion",
}  # fmt: skip
SEEN_BY = {
    "/admin/settings": {Role.ADMINISTRATOR, Role.SUPERVISOR},
    "/admin/sentences": {Role.COUNSELOR, Role.SUPERVISOR},
    "/admin/words": {Role.COUNSELOR, Role.SUPERVISOR},
    "/admin/model": {Role.ADMINISTRATOR, Role.SUPERVISOR},
}


@pytest.fixture
async def house(database: Database, clock: HandClock, tmp_path: Path) -> AsyncGenerator[House]:
    async with steered(database, clock, models(tmp_path)) as made:
        yield made


async def browser_of(house: House, role: Role, name: str = "별") -> httpx.AsyncClient:
    token = await house.signed_in(await member(house.database, name, role=role))
    browser = house.browser(token)
    browser.timeout = httpx.Timeout(60)  # checks take a second each, more beside other tests
    return browser


async def send(
    browser: httpx.AsyncClient, page: str, path: str = "", **fields: str
) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(page)).text)
    assert found is not None
    return await browser.post(page + path, data={"csrf": found[1], **fields})


async def now(house: House, name: str) -> str:
    async with house.database.reading() as session:
        return (await settings.current(session))[name]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", SEEN_BY)
async def test_a_steering_page_is_for_its_roles_and_for_nobody_else(
    house: House, role: Role, path: str
) -> None:
    async with await browser_of(house, role) as browser:
        answer = await browser.get(path)
        posted = await browser.post(path, data={"name": "channel.line", "value": "off"})
    assert (answer.status_code == 200) is (role in SEEN_BY[path])
    assert posted.status_code in (403, 405)
    assert await now(house, "channel.line") == "on"


@pytest.mark.parametrize("path", SEEN_BY)
async def test_a_steering_page_asks_for_a_session_first(house: House, path: str) -> None:
    async with house.browser() as browser:
        answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


async def test_an_administrator_switches_a_channel_off_and_the_page_says_who_did(
    house: House,
) -> None:
    async with await browser_of(house, Role.ADMINISTRATOR, "해") as browser:
        page = "/admin/settings"
        answer = await send(browser, page, name="channel.line", value="off")
        shown = (await browser.get(page)).text
    assert answer.status_code == 303
    assert await now(house, "channel.line") == "off"
    assert re.search(r"<td>해</td><td>–</td><td>꺼짐</td>", shown)
    steering = Steering(house.database)
    await steering.look()
    assert not steering.is_on("line")


async def test_no_setting_shows_a_secret_back(house: House) -> None:
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        shown = (await browser.get("/admin/settings?lang=en")).text
    assert shown.count("Secrets: set<") == 1
    assert shown.count("Secrets: not set") == 6
    assert SECRET not in shown


async def test_a_supervisor_sees_and_sets_hours_and_surge_alone(house: House) -> None:
    async with await browser_of(house, Role.SUPERVISOR) as browser:
        shown = (await browser.get("/admin/settings")).text
        page = "/admin/settings"
        week = await send(browser, page, name="hours", mon="09:00-12:00, 13:00 ~ 18:00")
        refused = await send(browser, page, name="days.transcripts", value="30")
    named = set(re.findall(r'name="name" value="([^"]+)"', shown))
    assert {one for one in named if not one.startswith("resource.")} == {"hours", "surge"}
    assert (week.status_code, refused.status_code) == (303, 403)
    assert json.loads(await now(house, "hours")) == {
        "mon": [["09:00", "12:00"], ["13:00", "18:00"]]
    }
    assert await now(house, "days.transcripts") == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "hours", "mon": "morning"},
        {"name": "resource.police-112", "use": "out", "day": "2026-11-01"},
        {"name": "resource.ambulance-119", "use": "out", "day": "2026-11-01"},
        {"name": "resource.women-1366", "use": "out", "day": "2031-01-01"},
        {"name": "resource.women-1366", "use": "out", "day": "soon"},
        {"name": "resource.women-1366", "use": "gone", "day": "2026-11-01"},
        {"name": "resource.nobody-here", "use": "in", "day": "2026-11-01"},
        {"name": "hours", "mon": "18:00-09:00"},
        {"name": "days.contacts", "value": "91"},
        {"name": "channel.line", "value": "gone"},
        {"name": "telegram_token", "value": "x"},
        {"name": "authority_requests", "half": "2026-2", "came": "1", "answered": "2"},
        {"name": "authority_requests", "half": "2026-2", "came": "", "answered": ""},
        {},
    ],
)
async def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(
    house: House, fields: dict[str, str]
) -> None:
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        answer = await send(browser, "/admin/settings", **fields)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    async with house.database.reading() as session:
        assert "setting" not in {one.action for one in await audit.entries(session)}


async def test_nothing_is_set_that_cannot_be_written_down(house: House) -> None:
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        await browser.get("/admin/settings")
        async with audit_log_full(house.database):
            answer = await send(browser, "/admin/settings", name="channel.line", value="off")
    assert answer.status_code == 503
    assert await now(house, "channel.line") == "on"


async def test_a_help_service_out_of_use_is_shown_to_nobody_until_it_is_confirmed_again(
    house: House,
) -> None:
    page, name = "/admin/settings", "resource.women-1366"
    async with await browser_of(house, Role.SUPERVISOR, "해") as browser:
        await send(browser, page, name=name, use="out", day="2026-11-20")
        out = await _services(house)
        assert await now(house, name) == "out 2026-11-20"
        await send(browser, page, name=name, use="in", day="2026-11-21")
        shown = (await browser.get(f"{page}?lang=en")).text
    assert "women-1366" not in out
    assert "women-1366" in await _services(house)
    told = r"<td>해</td><td>{}</td><td>{}</td>"
    assert re.search(told.format("–", "out of use since 2026-11-20"), shown)
    assert re.search(told.format("out of use since 2026-11-20", "confirmed on 2026-11-21"), shown)


async def _services(house: House) -> set[str]:
    async with await browser_of(house, Role.COUNSELOR, f"새{uuid4().hex[:4]}") as browser:
        return {one["id"] for one in (await browser.get("/console/services.json")).json()}


async def test_hours_with_mistakes_are_told_one_by_one_and_stay_in_the_form(house: House) -> None:
    typed = {
        "mon": "18:00-09:00", "tue": "9:00-13:00, 12:00-18:00", "wed": "morning",
        "thu": "09:00-25:00", "fri": "09:00-18:00", "date_0": "2026-02-30",
        "date_1": "2026-12-25", "date_2": "2026-12-25", "date_3": "2020-01-01",
        "date_4": "2026-12-26", "open_4": "14:00-10:00", "open_5": "10:00-11:00",
    }  # fmt: skip
    async with await browser_of(house, Role.SUPERVISOR) as browser:
        answer = await send(browser, "/admin/settings?lang=en", name="hours", **typed)
    assert answer.status_code == 400
    told = html.unescape(answer.text)
    for words in (
        "Monday: The end must come after the beginning.",
        "Tuesday: The times overlap, or are not in order.",
        "Wednesday: Write the beginning and the end",
        "Thursday: There is no such time.",
        "Single day, row 1: There is no such date.",
        "Single day, row 3: The same day is there twice.",
        "Single day, row 4: That day is over.",
        "Single day, row 5: The end must come after the beginning.",
        "Single day, row 6: There is no such date.",
    ):
        assert words in told
    assert all(f'value="{one}"' in told for one in typed.values())
    assert await now(house, "hours") == ""


async def test_single_days_are_kept_beside_the_week_and_shown_until_they_are_over(
    house: House,
) -> None:
    page = "/admin/settings"
    async with await browser_of(house, Role.SUPERVISOR) as browser:
        alone = await send(browser, page, name="hours", date_0="2026-12-25")
        days = {"mon": "09:00-18:00", "date_0": "2026-12-25", "date_1": "2026-12-24"}
        await send(browser, page, name="hours", open_1="09:00-12:00", **days)
        before = (await browser.get(page)).text
        house.clock.pass_(days=30)
    async with await browser_of(house, Role.SUPERVISOR, "새") as browser:
        after = (await browser.get(page)).text
    assert alone.status_code == 400  # or everything between two single days would be closed
    assert json.loads(await now(house, "hours")) == {
        "mon": [["09:00", "18:00"]], "2026-12-25": [], "2026-12-24": [["09:00", "12:00"]],
    }  # fmt: skip
    assert 'value="2026-12-24"' in before
    assert 'value="2026-12-24"' not in after


async def test_a_prepared_sentence_is_chosen_for_busy_times_and_no_other_can_be(
    house: House,
) -> None:
    page = "/admin/settings"
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        shown = (await browser.get(page)).text
        keys = re.findall(r'type="radio" [^>]*value="([^"]+)"', shown)
        wrong = await send(browser, page, name="surge", value="greet.1")
        right = await send(browser, page, name="surge", value=keys[0])
    assert keys == ["surge_many.1", "surge_trouble.1"]
    assert (wrong.status_code, right.status_code) == (400, 303)
    assert await now(house, "surge") == "surge_many.1"


async def test_no_secret_of_any_setting_is_shown_on_any_page_of_the_steering(
    database: Database, clock: HandClock
) -> None:
    named = [name for name, one in Settings.model_fields.items() if "Secret" in str(one.annotation)]
    secrets = {name: SecretStr(f"canary-of-{name}") for name in named}
    async with steered(database, clock, secrets=secrets) as house:
        for role in (Role.ADMINISTRATOR, Role.SUPERVISOR):
            async with await browser_of(house, role, f"별{role}") as browser:
                for path in (*SEEN_BY, "/transparency", "/console/services.json"):
                    answer = await browser.get(path)
                    assert "canary-of-" not in answer.text + str(answer.headers), path
    assert len(named) > 10


async def _draft(house: House, *, beside: UUID | None = None) -> drafts.Draft:
    """The draft there is; of two that came at the same moment the one beside the other."""
    async with house.database.reading() as session:
        every = await drafts.newest(session, drafts.WORD)
    return next(one for one in every if one.id != beside)


async def test_a_word_is_not_approved_by_who_proposed_it_nor_before_it_passes(
    house: House,
) -> None:
    page = "/admin/words"
    async with await browser_of(house, Role.SUPERVISOR, "해") as sun:
        await send(sun, page, **WORD)
        own = (await _draft(house)).id
        mine = await send(sun, page, "/decide", draft=str(own), approve="yes")
        async with await browser_of(house, Role.COUNSELOR, "별") as star:
            await send(star, page, **{**WORD, "phrases": "숙제", "fires": "숙제"})
            other = (await _draft(house, beside=own)).id
            never = await send(star, page, "/decide", draft=str(own), approve="yes")
        unsound = await send(sun, page, "/decide", draft=str(other), approve="yes")
    assert (mine.status_code, never.status_code, unsound.status_code) == (403, 403, 400)
    async with house.database.reading() as session:
        assert await drafts.live(session, drafts.WORD) == []


@pytest.mark.parametrize(
    "change",
    [{"phrases": " "}, {"level": "none"}, {"category": "x"}, {"quiet": "가" * 121}],
)
async def test_what_cannot_be_a_word_is_not_kept_and_stays_in_the_form(
    house: House, change: dict[str, str]
) -> None:
    async with await browser_of(house, Role.COUNSELOR) as browser:
        answer = await send(browser, "/admin/words", **{**WORD, **change})
    assert answer.status_code == 400
    assert "i got zorped" in answer.text
    async with house.database.reading() as session:
        assert await drafts.newest(session, drafts.WORD) == []


async def test_the_model_page_shows_figures_of_the_served_model_and_sums_of_whole_weeks(
    house: House, clock: HandClock
) -> None:
    sums = WeeklySums()
    drift = Drift(sums)
    for _ in range(12):
        drift.note("안녕", NluResult("greet", 0.5), NOON)
    drift.note("안녕", None, NOON)
    await sums.write(house.database)
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        running = (await browser.get("/admin/model?lang=en")).text
    assert "2026-W48" not in running  # looked at twice, it would tell of the text between
    clock.now = NOON + timedelta(days=6)
    async with await browser_of(house, Role.ADMINISTRATOR, "바람") as browser:
        shown = (await browser.get("/admin/model?lang=en")).text
    assert MODEL in shown
    assert re.search(r"<td>crisis</td>\D*20</td>\D*95 %</td>\D*90 %", shown)
    assert re.search(r"2026-W48</td>\D*10\+</td>\D*50 %", shown)


def test_a_week_tells_no_share_of_few_texts() -> None:
    sums = {
        "asked": 200,
        "percent": 15_000,
        "abstained": 3,
        "away": 12,
        "words": 900,
        "unknown": 61,
    }
    (week,) = model_facts.weeks({"2026-W47": sums}, now=NOON)
    assert (week.asked, week.abstained, week.away, week.unknown) == (200, None, 5, 7)
    assert model_facts.weeks({"2026-W47": {**sums, "asked": 9}}, now=NOON) == []


async def test_the_weeks_of_the_model_are_those_of_korea(database: Database) -> None:
    sums = WeeklySums()
    drift = Drift(sums)
    for hour in (14, 15):  # Sunday 23:30 and Monday 00:30 in Seoul
        drift.note("안녕", NluResult("greet", 0.5), datetime(2026, 11, 29, hour, 30, tzinfo=UTC))
    await sums.write(database)
    async with database.reading() as session:
        assert set(await weekly.weeks(session, most=9)) == {"2026-W48", "2026-W49"}


async def test_a_model_without_figures_says_so(database: Database, clock: HandClock) -> None:
    async with (
        steered(database, clock) as house,
        await browser_of(house, Role.SUPERVISOR) as browser,
    ):
        shown = (await browser.get("/admin/model?lang=en")).text
    assert "There are no figures of this model yet" in shown


async def test_the_transparency_page_needs_no_sign_in_and_sets_nothing(house: House) -> None:
    async with house.browser() as browser:
        answer = await browser.get("/transparency")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_the_transparency_page_counts_requests_and_unmaskings_by_half_year(
    house: House,
) -> None:
    async with await browser_of(house, Role.ADMINISTRATOR) as browser:
        counts = {"half": "2026-2", "came": "7", "answered": "3"}
        await send(browser, "/admin/settings", name="authority_requests", **counts)
    async with house.database.transaction() as session:
        await audit.record(session, staff=None, action=APPROVED, object_id=None, now=NOON)
    async with house.browser() as browser:
        shown = (await browser.get("/transparency?lang=en")).text
    rows = re.findall(r"<tr>(?:<td>([^<]*)</td>)(?:<td>([^<]*)</td>)(?:<td>([^<]*)</td>)", shown)
    assert rows[0] == ("2026, half 2", "7", "3")
    assert "<td>3</td><td>1</td><td>–</td><td>–</td></tr>" in shown
    assert rows[1] == ("2026, half 1", "not written yet", "not written yet")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_transparency_page_can_be_read_by_a_child_of_twelve(language: str) -> None:
    path = Path(transparency_page.__file__).parent / "web" / "words" / "transparency.json"
    texts = [*json.loads(path.read_text("utf-8"))[language].values()]
    texts += [one[language] for one in transparency_page.promises()]
    most = 12 if language == "ko" else 20  # words of one sentence
    hard = [text for text in texts if reading_level(text).longest > most]
    assert hard == []


async def test_the_transparency_page_adds_what_was_published_of_help_and_reports(
    house: House,
) -> None:
    async with house.database.transaction() as session:
        for month, named, filed in (
            ("2026-06", 90, 40),
            ("2026-09", 35, None),
            ("2026-10", 20, 15),
        ):
            for name, row, count in (("deletions", "all", named), ("reports", "filed", filed)):
                one = {"name": name, "period": month, "row": row, "column": "", "amount": count}
                await session.execute(insert(metric_published).values(one))
    async with house.browser() as browser:
        shown = (await browser.get("/transparency?lang=en")).text
    assert "<td>0</td><td>about 55 or more</td><td>about 15 or more</td></tr>" in shown
    assert "<td>0</td><td>about 90 or more</td><td>about 40 or more</td></tr>" in shown


def test_every_test_that_a_promise_names_exists() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    defined = set(re.findall(r"def (test_\w+)\(", "\n".join(sources)))
    promises = transparency_page.promises()
    named = {test for one in promises for test in one["tests"]}

    assert all(one["tests"] and one["ko"] and one["en"] for one in promises)
    assert len(named) >= len(promises)
    assert named - defined == set()

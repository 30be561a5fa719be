"""The page of sentences: two people, clear words, nothing broken is said, and a way back."""

import asyncio
import html
import re
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert

from bot.content_folder import ContentFolder
from bot.dialogue.content import FOLDER
from bot.notices import ContentNotices
from bot.steering import Steering
from storage import audit, drafts, sentences
from storage.database import Database, open_database
from storage.drafts import DraftState
from storage.keyring import Keyring
from storage.records import Language, Role
from storage.tables import metric_published
from tests.bot.road import Road, away, nlu
from tests.database import ON_SQLITE
from tests.factories import NOON
from tests.handoff.conftest import HandClock, House, audit_log_full
from tests.handoff.steered import steered
from tests.handoff.test_steering_pages import browser_of

ALL = "/admin/sentences"
GREET = f"{ALL}/greet.1"
NEW = {"ko": "반가워요, 잘 왔어요.", "en": "Good to see you here.", "reason": "더 짧게"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "content"))


@pytest.fixture
async def shelf(folder: Path) -> ContentFolder:
    return ContentFolder(folder)


@pytest.fixture
async def house(
    database: Database, clock: HandClock, shelf: ContentFolder
) -> AsyncGenerator[House]:
    async with steered(database, clock, shelf=shelf) as made:
        yield made


async def star(house: House) -> httpx.AsyncClient:
    """Some counselor's browser."""
    return await browser_of(house, Role.COUNSELOR, f"별{uuid4().hex[:6]}")


async def moon(house: House) -> httpx.AsyncClient:
    """Some supervisor's browser."""
    return await browser_of(house, Role.SUPERVISOR, f"달{uuid4().hex[:6]}")


async def send(
    browser: httpx.AsyncClient, page: str, path: str = "", **fields: str
) -> httpx.Response:
    shown = (await browser.get(page)).text
    csrf, base = (re.search(rf'name="{one}" value="([^"]*)"', shown) for one in ("csrf", "base"))
    assert csrf is not None
    assert base is not None
    sent = {"csrf": csrf[1], "base": base[1], **fields}
    return await browser.post(page.partition("?")[0] + path, data=sent)


async def propose(browser: httpx.AsyncClient, page: str = GREET, **fields: str) -> httpx.Response:
    return await send(browser, page, **{"act": "propose", **NEW, **fields})


async def newest(house: House) -> str:
    async with house.database.reading() as reading:
        every = await drafts.newest(reading, sentences.KIND)
    return next(str(one.id) for one in every if one.state is DraftState.PROPOSED)


async def approve(browser: httpx.AsyncClient, house: House, page: str = GREET) -> httpx.Response:
    return await send(browser, page, "/decide", draft=await newest(house), approve="yes")


async def change(house: House, page: str = GREET, **fields: str) -> None:
    """One proposes, another approves."""
    async with await star(house) as one, await moon(house) as other:
        assert (await propose(one, page, **fields)).status_code == 303
        assert (await approve(other, house, page)).status_code == 303


def told(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


def said(shelf: ContentFolder) -> str:
    return shelf.current.sentence("greet.1", Language.KO)


@ON_SQLITE
async def test_a_wording_is_said_once_somebody_else_approved_it_and_the_page_says_who_and_why(
    house: House, shelf: ContentFolder
) -> None:
    before = said(shelf)
    async with await star(house) as one, await moon(house) as other:
        assert (await propose(one)).status_code == 303
        assert said(shelf) == before
        never = await approve(one, house)
        await approve(other, house)
        shown = told(await other.get(f"{GREET}?lang=en"))
    assert never.status_code == 403
    assert said(shelf) == NEW["ko"]
    assert re.search(r"No\. 1</strong> <span[^>]*>in use", shown)
    assert re.search(r"더 짧게 – written by 별\w+, decided by 달\w+", shown)
    assert "files 1, change 1" in shown


@ON_SQLITE
async def test_nobody_approves_what_they_proposed_themselves(
    house: House, shelf: ContentFolder
) -> None:
    before = said(shelf)
    async with await moon(house) as one:
        await propose(one)
        answer = await approve(one, house)
    assert answer.status_code == 403
    assert said(shelf) == before


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"en": ""}, "English: It is empty."),
    ({"ko": "가" * 401}, "Korean: It is over 400 characters"),
    ({"ko": "낱말 " * 21}, "too hard to read for high school"),
    ({"ko": "1393에 전화하세요."}, "Korean: It names a number that is not confirmed: 1393."),
    ({"ko": "{number.pizza}예요."}, "That is no confirmed number: {number.pizza}"),
    ({"ko": "왜 그랬어요?"}, "That may not be said: it blames."),
    ({"en": "Please send me a photo."}, "it asks for a picture, voice or video"),
    ({"ko": "{number.police}예요."}, "so it needs a source"),
    ({"ko": "{number.police}예요.", "source": "x"}, "the day when the source was checked"),
    ({"reason": ""}, "Write down why."),
    ({"reason": "가" * 301}, "300 characters at most"),
    ({"base": "7"}, "The sentence changed meanwhile."),
)


@ON_SQLITE
async def test_what_does_not_pass_is_told_in_words_stays_in_the_form_and_is_not_kept(
    house: House,
) -> None:
    async with await star(house) as browser:
        for fields, words in WRONG:
            answer = await propose(browser, f"{GREET}?lang=en", **fields)
            assert answer.status_code == 400
            assert words in told(answer)
            typed = {**NEW, **fields, "base": ""}.values()
            assert all(" ".join(one.split()) in told(answer) for one in typed)
    async with house.database.reading() as reading:
        assert await drafts.newest(reading, sentences.KIND) == []


@ON_SQLITE
async def test_a_wording_is_checked_and_previewed_without_being_proposed(house: House) -> None:
    page = f"{ALL}/sextortion.2?lang=en&band=elementary"
    fields = {
        "ko": "돈은 보내지 마세요. {number.police}에 말해요.",
        "en": "Do not pay. Tell {number.police}.",
        "source": "numbers.toml",
        "source_date": "2026-11-20",
        "band": "elementary",
    }
    async with await star(house) as browser:
        answer = await send(browser, page, act="check", reason="쉽게", **fields)
    assert answer.status_code == 200
    assert "돈은 보내지 마세요. 112에 말해요." in told(answer)  # as a young person reads it
    assert "easy enough for elementary school" in told(answer)
    assert re.search(r'class="chips"><li>다음</li>', answer.text)
    async with house.database.reading() as reading:
        assert await drafts.newest(reading, sentences.KIND) == []


@ON_SQLITE
async def test_a_change_that_was_good_and_does_not_fit_newer_files_is_refused_in_words(
    house: House, shelf: ContentFolder, folder: Path
) -> None:
    async with await star(house) as one, await moon(house) as other:
        await propose(one)
        path = folder / "banned.toml"
        more = '\n[[banned]]\nid = "new"\npatterns = ["잘 왔어요"]\nwhy = "blames"\n'
        path.write_text(path.read_text("utf-8") + more, "utf-8")
        await shelf.look()
        shown = told(await other.get(f"{GREET}?lang=en"))
        answer = await approve(other, house, f"{GREET}?lang=en")
    assert "That may not be said: it blames." in shown
    assert "Approve" not in shown
    assert answer.status_code == 400
    assert "does not pass the checks with the files as they are now" in told(answer)
    async with house.database.reading() as reading:
        [draft] = await drafts.newest(reading, sentences.KIND)
        assert draft.state is DraftState.PROPOSED
        assert await sentences.live(reading) == []


@ON_SQLITE
async def test_a_change_is_not_approved_over_words_that_its_author_never_saw(
    house: House, shelf: ContentFolder, folder: Path
) -> None:
    async with await star(house) as one, await moon(house) as other:
        await propose(one)
        path = folder / "talk.toml"
        old = shelf.files.sentences["greet.1"].text[Language.EN]
        path.write_text(path.read_text("utf-8").replace(old, "Hello, I listen.", 1), "utf-8")
        await shelf.look()
        answer = await approve(other, house, f"{GREET}?lang=en")
    assert answer.status_code == 400
    assert "The sentence changed meanwhile." in told(answer)


async def test_of_two_supervisors_who_approve_at_once_one_does(house: House) -> None:
    async with await star(house) as one, await moon(house) as sun, await moon(house) as other:
        await propose(one)
        draft = await newest(house)  # before either: the slower one would find it decided
        both = await asyncio.gather(
            *(send(each, GREET, "/decide", draft=draft, approve="yes") for each in (sun, other))
        )
    assert sorted(answer.status_code for answer in both) == [303, 400]
    async with house.database.reading() as reading:
        assert [one.number for one in await sentences.history(reading, "greet.1")] == [1]


@ON_SQLITE
async def test_any_earlier_version_is_said_again_at_one_press(
    house: House, shelf: ContentFolder
) -> None:
    files = said(shelf)
    await change(house)
    await change(house, ko="어서 와요.", en="Welcome.")
    async with await moon(house) as sun, await star(house) as one:
        never = await send(one, GREET, "/back", to="1", reason="틀림")
        await send(sun, GREET, "/back", to="1", reason="틀림")
        first = said(shelf)
        await send(sun, GREET, "/back", to="0", reason="다시")
        shown = told(await sun.get(f"{GREET}?lang=en"))
        stale = await sun.post(
            f"{GREET}/back",
            data={"csrf": re.findall(r'name="csrf" value="([^"]+)', shown)[0], "base": "1",
                  "to": "2", "reason": "x"},
        )  # fmt: skip
    assert (never.status_code, stale.status_code) == (403, 400)
    assert (first, said(shelf)) == (NEW["ko"], files)
    assert "Back to the words of the files" in shown
    assert "files 1, change 4" in shown


@ON_SQLITE
async def test_nothing_is_approved_that_cannot_be_written_down(
    house: House, shelf: ContentFolder
) -> None:
    before = said(shelf)
    async with await star(house) as one, await moon(house) as other:
        await propose(one)
        async with audit_log_full(house.database):
            answer = await approve(other, house)
    assert answer.status_code == 503
    assert said(shelf) == before


async def test_a_change_reaches_every_process_a_restart_and_the_young_person_with_rasa_dead(
    house: House, folder: Path, database_url: str, keyring: Keyring
) -> None:
    other = open_database(database_url, keyring=keyring)
    far = ContentFolder(folder)
    notices, road = ContentNotices(far.current), Road(other, nlu(away))
    far.follow(notices.use)
    far.follow(road.engine.use)
    steering = Steering(other, None, far)
    running = asyncio.create_task(steering.run())

    page = f"{ALL}/nlu_away.1"
    number = {"source": "x", "source_date": "2026-11-20"}
    await change(
        house,
        page,
        ko="지금은 잘 못 알아들어요. 급하면 {number.police}, {number.youth}예요.",
        en="I can't follow right now. Call {number.police} or {number.youth}.",
        **number,
    )
    await change(house, f"{ALL}/joined.1", ko="상담사가 왔어요.", en="A counselor is here.")
    async with asyncio.timeout(30):
        while notices.joined(Language.KO).text != "상담사가 왔어요.":
            await asyncio.sleep(0.02)

    answers = await road.talk("그 뭐냐 그거 있잖아요")
    running.cancel()
    assert any("지금은 잘 못 알아들어요." in one for one in answers), answers
    anew = ContentFolder(folder)
    await Steering(other, None, anew).look()
    assert anew.current.sentence("joined.1", Language.KO) == "상담사가 왔어요."
    await other.close()


@ON_SQLITE
async def test_a_change_that_newer_files_do_not_take_is_left_out_marked_and_told(
    house: House, shelf: ContentFolder, folder: Path
) -> None:
    await change(house)
    await change(house, f"{ALL}/greet.2", ko="어서 와요.", en="Welcome.")
    path = folder / "banned.toml"
    more = '\n[[banned]]\nid = "new"\npatterns = ["잘 왔어요"]\nwhy = "blames"\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    await shelf.look()

    assert said(shelf) == shelf.files.sentence("greet.1", Language.KO)
    assert shelf.current.sentence("greet.2", Language.KO) == "어서 와요."
    async with await moon(house) as browser:
        every = told(await browser.get(f"{ALL}?lang=en"))
        one = told(await browser.get(f"{GREET}?lang=en"))
        board = told(await browser.get("/console/board?lang=en"))
    assert "Approved sentences that are not in use: 1" in board
    assert re.search(r'role="alert"><p>Some approved sentences are not in use now', every)
    assert "Korean: That may not be said: it blames." in every
    assert "The approved words do not fit the files as they are now" in one


@ON_SQLITE
async def test_how_often_a_topic_comes_up_is_told_as_published_and_small_counts_are_not(
    house: House,
) -> None:
    rows = [("2026-09", "high", 25), ("2026-09", "low", None), ("2026-10", "high", None),
            ("2026-10", "low", None)]  # fmt: skip
    async with house.database.transaction() as session:
        for period, tier, amount in rows:
            row = {"name": "ends_by_topic", "row": tier, "column": "pictures", "amount": amount}
            await session.execute(insert(metric_published), {"period": period, **row})
    async with await star(house) as browser:
        shown = told(await browser.get(f"{ALL}/sextortion.1?lang=en"))
        no_topic = told(await browser.get(f"{GREET}?lang=en"))
    assert "2026-09: more than 25" in shown
    assert "2026-10: too few to show" in shown
    assert "How often this comes up" not in no_topic


@ON_SQLITE
async def test_a_sentence_that_is_not_there_is_not_found(house: House) -> None:
    async with await star(house) as browser:
        for path in ("/nothing.1", "/greet.1?band=adults"):
            assert (await browser.get(ALL + path)).status_code == 404


@ON_SQLITE
async def test_every_step_is_written_down_without_the_words(house: House) -> None:
    await change(house)
    async with await moon(house) as sun:
        await send(sun, GREET, "/back", to="0", reason="비밀스러운까닭")
    async with house.database.reading() as session:
        rows = [one for one in await audit.entries(session) if one.action.endswith("_sentence")]
    assert [one.action for one in rows] == [
        "propose_sentence", "approve_sentence", "back_sentence",
    ]  # fmt: skip
    assert "까닭" not in repr(rows)
    assert NEW["ko"] not in repr(rows)
    assert NOON in {one.at for one in rows}

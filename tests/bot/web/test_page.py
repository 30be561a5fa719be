"""What a browser gets: the page, its headers, and nothing from elsewhere."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import bot.channels.web
from bot.channels.web import PAGE_HEADERS, TEXTS, WebChannel, make_router
from bot.channels.web.texts import TextsUnusable, load_texts
from tests.bot.web.conftest import DAYS, NOON, Site, Store

FOLDER = Path(bot.channels.web.__file__).parent
PATHS = (
    "/",
    "/privacy",
    "/privacy/en",
    "/static/chat/reading.css",
    "/static/chat/chat.css",
    "/static/chat/plain.css",
    "/static/chat/chat.js",
    "/static/chat/leave.js",
    "/static/chat/icon.svg",
)
EXIT = "https://ko.wikipedia.org/"
NUMBERS = ("112", "119", "1388", "1366", "109")


async def fetch(site: Site, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as client:
        return await client.get(path)


@pytest.mark.parametrize("path", [*PATHS, "/favicon.ico"])
async def test_every_answer_carries_the_page_headers_and_no_cookie(site: Site, path: str) -> None:
    answer = await fetch(site, path)

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    for name, value in PAGE_HEADERS.items():
        assert answer.headers[name] == value


def test_the_headers_forbid_what_the_design_forbids() -> None:
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert PAGE_HEADERS["Cache-Control"] == "no-store"
    assert PAGE_HEADERS["Referrer-Policy"] == "no-referrer"


async def test_the_page_asks_nobody_else_for_anything(site: Site) -> None:
    for path in PATHS:
        text = (await fetch(site, path)).text
        urls = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<>)]*", text))
        assert urls <= {EXIT, "http://www.w3.org/2000/svg"}, path


async def test_the_page_holds_no_inline_script_style_or_markup_sink(site: Site) -> None:
    page = (await fetch(site, "/")).text + (await fetch(site, "/privacy")).text
    script = "".join([(await fetch(site, path)).text for path in PATHS if path.endswith(".js")])

    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""] * 3
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage|cookie"
    assert not re.search(sinks, script)


async def test_all_of_it_is_at_most_60_kilobytes(site: Site) -> None:
    sizes = [len((await fetch(site, path)).content) for path in PATHS]
    assert sum(sizes) <= 60 * 1024


async def test_leaving_comes_first_and_works_before_the_script(site: Site) -> None:
    page = (await fetch(site, "/")).text
    body = page[page.index("<body") :]
    first = re.search(r"<(a|button|input|textarea|summary)\b[^>]*>", body)

    assert first is not None
    assert 'id="leave"' in first[0]
    assert f'href="{EXIT}"' in first[0]


async def test_the_numbers_are_in_the_page_itself_in_both_languages(site: Site) -> None:
    page = (await fetch(site, "/")).text
    noscript = page[page.rindex("<noscript>") : page.rindex("</noscript>")]

    for number in NUMBERS:
        assert page.count(f">{number}<") == 4
        assert noscript.count(f">{number}<") == 2
    assert TEXTS["en"].noscript.replace("'", "&#x27;") in noscript


async def test_a_number_out_of_use_is_not_on_the_page_from_the_next_call_on() -> None:
    gone: set[str] = set()
    app = FastAPI()
    app.include_router(
        make_router(WebChannel(lambda: NOON), Store().accept, lambda: NOON, days=DAYS,
                    unused=lambda: frozenset(gone))
    )  # fmt: skip
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as client:
        before = (await client.get("/")).text
        gone.add("1366")
        after = (await client.get("/")).text
    assert before.count(">1366<") == 4  # two languages, with script and without
    assert ">1366<" not in after
    assert after.count(">109<") == 4


async def test_the_title_says_nothing(site: Site) -> None:
    page = (await fetch(site, "/")).text
    assert "<title>채팅</title>" in page
    assert TEXTS["en"].title == "Chat"


def test_every_number_has_a_source_and_a_date() -> None:
    for texts in TEXTS.values():
        assert tuple(number.number for number in texts.numbers) == NUMBERS
        assert all(number.source.startswith("https://") for number in texts.numbers)
        assert all(number.source_date for number in texts.numbers)


def test_the_script_uses_only_words_that_exist() -> None:
    script = (FOLDER / "chat.js").read_text(encoding="utf-8")
    used = set(re.findall(r'(?:tell|status|mark|fail)\([^()"]*"(\w+)"', script))

    assert used >= {"online", "offline", "not_stored", "retry"}
    assert all(getattr(TEXTS["ko"], name) for name in used)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('status = "confirmed_press"', 'status = "conflict"'),
        ('leave = "나가기"', 'leave = ""'),
        ('retry = "Send again"\n', ""),
        ('send = "Send"', 'send = "Send"\nextra = "x"'),
        ("date = 2026-11-25", ""),
        ("reviewer = ", "nobody = "),
    ],
)
def test_texts_that_nobody_can_stand_by_are_refused(tmp_path: Path, old: str, new: str) -> None:
    content = (FOLDER / "texts.toml").read_text(encoding="utf-8")
    assert old in content
    broken = tmp_path / "texts.toml"
    broken.write_text(content.replace(old, new), encoding="utf-8")

    with pytest.raises(TextsUnusable):
        load_texts(broken)

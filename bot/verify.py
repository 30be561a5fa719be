"""The page /verify: somebody types digits from a chat and learns whether they are ours.

It reads no address, sets no cookie, and says nothing of any talk. That the digits are right does
not show that nobody stands between: so the page lists our accounts beside it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from bot.channels.web import PAGE_HEADERS
from bot.channels.web.rate import Allowance
from bot.dialogue.accounts import Account
from bot.dialogue.content import Content
from storage import proofs
from storage.database import Database
from storage.records import Language

_FOLDER = Path(__file__).parent
_TEMPLATE = Template((_FOLDER / "verify.html").read_text(encoding="utf-8"))
_LONGEST = 256  # bytes of a form; eight digits and a language are fewer
_OTHER = {Language.KO: (Language.EN, "English"), Language.EN: (Language.KO, "한국어")}
_WORDS = ("title", "leave", "digits", "ask", "check", "never")


def make_verify(
    database: Database,
    content: Callable[[], Content],
    accounts: Sequence[Account],
    clock: Callable[[], datetime],
) -> APIRouter:
    """Return the page, and what it answers.

    Args:
        database: where the digits are known.
        content: the words, as they are now.
        accounts: that are ours and confirmed.
        clock: aware UTC time.
    """
    router = APIRouter(include_in_schema=False)
    allowance = Allowance(clock())  # of everybody together: nobody is told apart
    style = (_FOLDER / "verify.css").read_bytes()

    @router.get("/static/verify.css")
    async def styled() -> Response:
        return Response(style, media_type="text/css; charset=utf-8", headers=dict(PAGE_HEADERS))

    @router.get("/verify")
    async def ask(lang: str = "") -> Response:
        return _page(content(), accounts, _language(lang), "")

    @router.post("/verify")
    async def answer(request: Request) -> Response:
        form = await _form(request)
        language = _language(form.get("lang", ""))
        if not allowance.spend(clock()):
            return _page(content(), accounts, language, "verify_later", status=429)
        code = "".join(one for one in form.get("code", "") if one in "0123456789")
        async with database.transaction() as session:
            right = await proofs.confirm(session, database.vault, code, now=clock())
        return _page(content(), accounts, language, "verify_right" if right else "verify_wrong")

    return router


def _language(named: str) -> Language:
    return Language.EN if named == Language.EN.value else Language.KO


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            return {}
    read = parse_qs(body.decode("ascii", "replace"), max_num_fields=4)
    return {name: values[0] for name, values in read.items()}


def _page(
    content: Content,
    accounts: Sequence[Account],
    language: Language,
    result: str,
    *,
    status: int = 200,
) -> Response:
    other, other_name = _OTHER[language]
    words = {name: escape(content.sentence(f"verify_{name}.1", language)) for name in _WORDS}
    page = _TEMPLATE.substitute(
        words,
        language=language.value,
        other=other.value,
        other_name=other_name,
        result=_result(content, language, result),
        accounts_title=escape(content.sentence("verify_accounts.1", language)),
        accounts=_accounts(content, language, accounts),
    )
    return Response(page, status, media_type="text/html; charset=utf-8", headers=dict(PAGE_HEADERS))


def _result(content: Content, language: Language, name: str) -> str:
    if not name:
        return ""
    kind = "result" if name == "verify_right" else "result no"
    return f'<p class="{kind}" role="status">{escape(content.sentence(f"{name}.1", language))}</p>'


def _accounts(content: Content, language: Language, accounts: Sequence[Account]) -> str:
    if not accounts:
        return f"<p>{escape(content.sentence('verify_no_accounts.1', language))}</p>"
    rows = (
        f"<li>{escape(one.channel)}: <b>{escape(one.name)}</b> ({one.date})</li>"
        for one in accounts
    )
    return f"<ul>{''.join(rows)}</ul>"

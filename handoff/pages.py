"""The console's HTML: templates filled with words in the reader's language."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from handoff.permissions import places_of
from storage.records import Language

LANGUAGE_COOKIE = "gyeot_language"

_WEB = Path(__file__).parent / "web"
STATIC = _WEB / "static"
_YEAR = 365 * 24 * 3600  # seconds


class Pages:
    """Fills templates; everything that goes into one is escaped."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_WEB / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._templates.globals["places_of"] = places_of
        self._words = _words()

    def show(
        self, request: Request, template: str, *, status: int = 200, **slots: object
    ) -> HTMLResponse:
        """Fill one template; `?lang=` is remembered for the next page."""
        language = language_of(request)
        response = HTMLResponse(self.fill(language, template, **slots), status)
        if request.query_params.get("lang") == language:
            for path in ("/console", "/audit", "/admin", "/staff"):
                response.set_cookie(
                    LANGUAGE_COOKIE, language, max_age=_YEAR, path=path, samesite="strict"
                )
        return response

    def fill(self, language: Language, template: str, **slots: object) -> str:
        """Fill one template in a language, for a page or a file."""
        return self._templates.get_template(template).render(
            language=language.value,
            other_language=_other(language).value,
            words=self._words[language],
            **slots,
        )

    def words_in(self, language: Language) -> Mapping[str, str]:
        """Return the words in a language."""
        return self._words[language]

    def words(self, request: Request) -> Mapping[str, str]:
        """Return the words in the reader's language."""
        return self._words[language_of(request)]

    def message(
        self,
        request: Request,
        text: str,
        *,
        status: int,
        csrf_token: str | None = None,
        home: str | None = None,
    ) -> HTMLResponse:
        """Show one sentence; with `csrf_token` also a way to sign out, with `home` a way there."""
        return self.show(
            request,
            "message.html",
            status=status,
            heading=f"{text}_title",
            text=text,
            csrf_token=csrf_token,
            home=home,
        )


def language_of(request: Request) -> Language:
    """Choose the language: asked for, chosen before, or the browser's first that we have."""
    accepted = request.headers.get("accept-language", "").split(",")
    for wish in (
        request.query_params.get("lang", ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
        *(one.strip()[:2].lower() for one in accepted),
    ):
        if wish in set(Language):
            return Language(wish)
    return Language.KO


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Read the words of all pages; those of the console are also read by its script."""
    files = [_WEB / "static" / "words.json", *sorted((_WEB / "words").glob("*.json"))]
    read = [json.loads(path.read_text("utf-8")) for path in files]
    return {
        language.value: {name: text for words in read for name, text in words[language].items()}
        for language in Language
    }


def _other(language: Language) -> Language:
    return Language.EN if language is Language.KO else Language.KO

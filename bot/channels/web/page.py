"""The page's HTML, made from its template and texts."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from html import escape
from pathlib import Path
from string import Template

from bot.channels.web.frames import FRAME_LIMIT, TEXT_LIMIT
from bot.channels.web.texts import CrisisNumber, PageTexts

_TEMPLATE = Path(__file__).with_name("page.html")
_FIRST = "ko"  # what a browser without our script shows


def render(texts: Mapping[str, PageTexts], unused: Collection[str] = ()) -> bytes:
    """Fill the template: Korean to begin with, and every language for the script.

    Args:
        texts: by language.
        unused: numbers that are out of use, and are not shown.
    """
    texts = {language: _without(each, unused) for language, each in texts.items()}
    strings = {language: _strings(each) for language, each in texts.items()}
    filled = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        {name: escape(text) for name, text in strings[_FIRST].items()},
        texts=escape(json.dumps(strings, ensure_ascii=False)),
        text_limit=TEXT_LIMIT,
        frame_limit=FRAME_LIMIT,
        numbers="".join(_numbers(each) for each in texts.values()),
        noscript_all="".join(_noscript(each) for each in texts.values()),
    )
    return filled.encode()


def _without(texts: PageTexts, unused: Collection[str]) -> PageTexts:
    return replace(texts, numbers=tuple(one for one in texts.numbers if one.number not in unused))


def _strings(texts: PageTexts) -> dict[str, str]:
    return {name: value for name, value in asdict(texts).items() if isinstance(value, str)}


def _numbers(texts: PageTexts) -> str:
    rows = "".join(_row(number) for number in texts.numbers)
    hidden = "" if texts.language == _FIRST else " hidden"
    return f'<ul class="numbers" lang="{texts.language}"{hidden}>{rows}</ul>'


def _row(number: CrisisNumber) -> str:
    value = escape(number.number)
    shown = f'<a href="tel:{value}">{value}</a>' if number.direct else f"<b>{value}</b>"
    return f"<li>{shown}<span><b>{escape(number.name)}</b> {escape(number.note)}</span></li>"


def _noscript(texts: PageTexts) -> str:
    rows = "".join(_row(number) for number in texts.numbers)
    intro = f"<p>{escape(texts.noscript)}</p>"
    return f'<div lang="{texts.language}">{intro}<ul class="numbers">{rows}</ul></div>'

"""The report of a month as a file of its own, and publishing what is due."""

import asyncio
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from handoff import numbers_sheet
from handoff.pages import STATIC, Pages
from storage import metrics
from storage.database import Database
from storage.metrics import Public
from storage.records import Language

STYLES = ("console.css", "admin.css", "numbers.css")


async def written(
    database: Database,
    month: str,
    language: Language,
    folder: Path,
    *,
    now: datetime,
    public: Public | None = None,
) -> str:
    """Write the report of a month into a folder; what is due is published first.

    Returns:
        A sentence about it for the terminal.
    """
    await metrics.publish_due(database, now=now, public=public)
    async with database.reading() as session:
        published = await metrics.published(session, numbers_sheet.NAMES)
    if month not in published:
        return f"nothing is published of {month}: a month is published a day after its end."
    path = folder / f"gyeot-{month}-{language.value}.html"
    await asyncio.to_thread(path.write_text, page(published, month, language), "utf-8")
    return f"written: {path}"


def page(published: metrics.Published, month: str, language: Language) -> str:
    """Make the report as HTML that needs nothing beside itself."""
    pages = Pages()
    style = "\n".join((STATIC / name).read_text("utf-8") for name in STYLES)
    return pages.fill(
        language,
        "report.html",
        sheet=numbers_sheet.sheet(published, month, pages.words_in(language)),
        style=Markup(style),  # noqa: S704 # nosec B704 - our own style sheets
    )

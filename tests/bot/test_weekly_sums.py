"""Sums of a week: counted in memory, written when the database can be reached."""

from pathlib import Path

from bot.weekly_sums import WeeklySums
from storage import weekly
from storage.database import Database
from tests.factories import open_database_at


async def test_what_cannot_be_written_now_is_written_later_and_once(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir()
    sums, closed = WeeklySums(), await open_database_at(tmp_path / "closed")
    await closed.close()
    sums.add("2026-W48", "asked", 2)

    await sums.write(closed)
    sums.add("2026-W48", "asked")
    await sums.write(database)
    await sums.write(database)

    async with database.reading() as session:
        assert await weekly.weeks(session, most=9) == {"2026-W48": {"asked": 3}}

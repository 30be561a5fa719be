"""Whether all words of staff are listened to, as `/health/ready` says it."""

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from bot.app import make_app
from bot.config import Settings
from bot.roles import ProcessRole
from tests.bot.test_lexicon_file import GOOD, WORD
from tests.factories import open_database_at


@pytest.mark.parametrize(
    ("words", "state", "left_out"),
    [
        ("", "well", 0),
        (GOOD + WORD, "well", 0),
        (GOOD + WORD.replace("new_slang", "not_waking"), "left_out", 1),
        (GOOD + "[[word]", "unreadable", 0),
    ],
)
async def test_health_says_from_the_start_whether_words_of_staff_are_left_out(
    tmp_path: Path, words: str, state: str, left_out: int
) -> None:
    staff = tmp_path / "words.toml"
    staff.write_text(words, encoding="utf-8")

    told = await health(tmp_path, staff)

    assert (told["staff_words"], told["staff_words_left_out"]) == (state, left_out)
    assert told["ready"] is True


async def health(home: Path, staff: Path) -> dict[str, object]:
    database = await open_database_at(home)
    app = make_app(Settings(home=home, lexicon=staff), list(ProcessRole), alone=True)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://gyeot.test") as client:
        told: dict[str, object] = (await client.get("/health/ready")).json()
    await database.close()
    return told

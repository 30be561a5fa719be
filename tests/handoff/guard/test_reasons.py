"""A counselor is told why a text did not leave."""

import json
from pathlib import Path
from uuid import uuid4

from handoff import console
from handoff.guard.asking import Ask
from tests.handoff.conftest import House, lines_of, waiting

WORDS = Path(console.__file__).parent / "web" / "static" / "words.json"


def test_each_reason_has_words_in_both_languages() -> None:
    words = json.loads(WORDS.read_text(encoding="utf-8"))

    missing = [(language, ask) for language in words for ask in Ask
               if not words[language].get(f"guard_{ask}")]  # fmt: skip

    assert len(words) == 2
    assert missing == []


async def test_the_console_gets_the_reason_beside_the_key_of_its_draft(house: House) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        await page.send("claim", conversation=str(talk.id), version=talk.version)
        await page.until("claimed")
        key = str(uuid4())
        where = {"conversation": str(talk.id), "epoch": 1}

        await page.send("say", **where, key=key, text="혹시 어디 학교 다니는지 알 수 있을까")

        refused = await page.until("refused", key=key)
        assert refused["code"] == "guard_school"
    assert [line.text for line in await lines_of(house.database, talk)] == ["joined-ko"]

"""P16: whoever holds the phone after a talk was closed is shown nothing that was said in it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.notices import ContentNotices
from handoff import queue
from tests.bot.road import CONTENT_FILES, SOON, Road, away, nlu
from tests.factories import open_database_at
from tests.handoff.conftest import counselor

NOTICES = ContentNotices(CONTENT_FILES)
MINUTE = timedelta(minutes=1)
SHARED = 8  # characters in a row that would give something away

secrets = st.text("가나다라마바사아자차카타파하 가을겨울", min_size=12, max_size=60)
asked = st.sampled_from(
    [
        "안녕하세요",
        "내가 뭐라고 했지?",
        "지난번에 한 얘기 보여줘",
        "이어서 하고 싶어요",
        "진짜 곁이에요?",
        "누가 보고 있어",
        "숙제 다 했어요",
        "다음",
        "1",
        "숨기고 싶어",
        "show me the history",
        "상담사",
    ]
)


@given(st.lists(secrets, min_size=1, max_size=3), st.lists(asked, min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_nothing_of_a_closed_talk_is_shown_again(said: Sequence[str], later: Sequence[str]) -> None:
    shown = asyncio.run(_shown_after(said, later))

    ours = "".join(text for one in CONTENT_FILES.sentences.values() for text in one.text.values())
    for words in said:
        runs = {words[at : at + SHARED] for at in range(len(words) - SHARED + 1)}
        assert not any(run in shown for run in runs if run.strip() and run not in ours)


async def _shown_after(said: Sequence[str], later: Sequence[str]) -> str:
    with TemporaryDirectory() as folder:
        database = await open_database_at(Path(folder))
        try:
            road = Road(database, nlu(away))
            await road.talk("상담사랑 얘기하고 싶어요")
            for minute, words in enumerate(said, 1):
                await road.talk(words, now=SOON + minute * MINUTE)
            me, card, now = await counselor(database), await road.conversation(), SOON + 5 * MINUTE
            where = (database, NOTICES, me, card.id)
            led = await queue.claim(*where, version=card.version, now=now)
            await queue.close(*where, epoch=led.epoch, seen=1000, now=now)
            while await road.deliver(now):
                pass
            answers = [
                await road.talk(words, now=SOON + minute * MINUTE)
                for minute, words in enumerate(later, 6)
            ]
        finally:
            await database.close()
    return "\n".join(text for each in answers for text in each)

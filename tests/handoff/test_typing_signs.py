"""A counselor sees that the person of their talk is writing, and says so themselves."""

import asyncio
from uuid import uuid4

from storage.typing_signs import TypingSign, Writer
from tests.handoff.conftest import House, acts_on, waiting
from tests.handoff.test_console_socket import take


async def test_only_the_owner_sees_that_they_write(house: House) -> None:
    async with house.console("별") as owner, house.console("달") as other:
        talk = await waiting(house.database)
        await take(owner, talk)
        await house.database.show_typing(TypingSign(talk.id, Writer.COUNSELOR))
        await house.database.show_typing(TypingSign(uuid4(), Writer.PERSON))
        await house.database.show_typing(TypingSign(talk.id, Writer.PERSON))
        shown = await owner.until("typing")
        await other.until("ping")
    assert shown == {"v": 1, "type": "typing", "conversation": str(talk.id)}
    assert len([one for one in owner.frames if one["type"] == "typing"]) == 1
    assert "typing" not in {frame["type"] for frame in other.frames}


async def test_only_the_owner_is_shown_as_writing_and_nothing_is_written_down(
    house: House,
) -> None:
    async with house.console("별") as owner, house.console("달") as other:
        talk = await waiting(house.database)
        epoch = await take(owner, talk)
        acts = await acts_on(house.database, talk)
        with house.database.typing_signs.listen() as signs:
            for page, under in ((other, epoch), (owner, epoch - 1), (owner, epoch)):
                await page.send("typing", conversation=str(talk.id), epoch=under)
                await page.send("presence", state="available")
                await page.until("presence")  # the answer to what came after it
            async with asyncio.timeout(5):
                assert await signs.get() == TypingSign(talk.id, Writer.COUNSELOR)
            assert signs.empty()
        assert await acts_on(house.database, talk) == acts
    assert "refused" not in {frame["type"] for frame in [*owner.frames, *other.frames]}

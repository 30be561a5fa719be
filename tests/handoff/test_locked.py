"""A console that rests too long: covered at once, the talk still theirs, for a while."""

from handoff.locked import HOLD
from storage.records import ConversationState
from tests.handoff.conftest import House, claimed, member, row_of, waiting


async def test_who_rests_is_locked_keeps_the_talk_and_comes_back_to_it(house: House) -> None:
    person = await member(house.database)
    token = await house.signed_in(person)
    talk = await claimed(house.database, person.staff, await waiting(house.database))
    async with house.page(token) as page:
        await page.until("lines")
        house.clock.pass_(minutes=16)
        told = await page.until("locked")
        await page.send("next")
        await page.until("refused", action="next", code="locked")
        await page.send("heartbeat", active=True)
        await page.until("ping")
        assert (await row_of(house.database, talk)).state is ConversationState.ACTIVE
        async with house.page(await house.signed_in(person)) as again:
            await again.until("lines")
    assert told["minutes"] == HOLD.total_seconds() // 60


async def test_a_locked_page_lets_go_after_a_while_and_at_once_when_the_person_left(
    house: House,
) -> None:
    token = await house.signed_in(await member(house.database))
    async with house.page(token) as page:
        await page.until("talks")
        house.clock.pass_(minutes=16)
        await page.until("locked")
        house.clock.pass_(seconds=HOLD.total_seconds())
        assert await page.code() == 4401

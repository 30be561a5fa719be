"""Consoles over real WebSockets."""

import asyncio
import json
import time
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from websockets.exceptions import InvalidStatus

from handoff import queue
from handoff.auth import Door
from storage import audit, outbox
from storage.database import Database, Topic, wake
from storage.records import Conversation, DeliveryState, Role, Speaker
from storage.tables import conversations as talk_rows
from tests.factories import delivery_claimed, said
from tests.handoff.conftest import (
    CHEAP,
    NOTICES,
    House,
    Page,
    a_key,
    counselor,
    lines_of,
    member,
    row_of,
    waiting,
)

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
    "http://evil.test/?a=1&b=2",
    "\u202eright to left\u202c \u2028 \u2029 &lt;b&gt;",
]


async def take(page: Page, talk: Conversation) -> int:
    """Claim over the socket and wait until the talk is shown; return its epoch."""
    await page.send("claim", conversation=str(talk.id), version=talk.version)
    shown = await page.until("talks")
    await page.until("lines")
    return int(shown["changed"][0]["epoch"])


async def test_two_consoles_see_the_queue_change_and_one_wins(house: House) -> None:
    async with house.console("별") as one, house.console("달") as two:
        talk = await waiting(house.database)
        cards = [(await page.until("queue"))["changed"][0] for page in (one, two)]
        assert [card["conversation"] for card in cards] == [str(talk.id)] * 2

        for page in (one, two):
            await page.send("claim", conversation=str(talk.id), version=cards[0]["version"])
        ends = await asyncio.gather(
            *(page.until("queue", gone=[str(talk.id)]) for page in (one, two))
        )
        assert len(ends) == 2
        await asyncio.sleep(0.1)
        await asyncio.gather(*(page.send("heartbeat", active=False) for page in (one, two)))
        told = [await _answer(page) for page in (one, two)]

    assert sorted(told) == ["already_claimed", "claimed"]


async def _answer(page: Page) -> str:
    for frame in page.frames:
        if frame["type"] in ("claimed", "refused"):
            return str(frame.get("code", "claimed"))
    async with asyncio.timeout(30):
        while True:
            frame = json.loads(await page.socket.recv())
            if frame["type"] in ("claimed", "refused"):
                return str(frame.get("code", "claimed"))


async def test_a_card_holds_our_name_and_no_word_or_id_of_the_person(house: House) -> None:
    async with house.console() as page:
        talk = await waiting(house.database, "account-canary")
        await said(house.database, talk.id, "canary-text")
        card = (await page.until("queue"))["changed"][0]
    assert set(card) == {
        "conversation", "names", "version", "risk", "reason", "topic", "channel", "language",
        "queued_at", "reply_until", "covered",
    }  # fmt: skip
    assert set(card["names"]) == {"ko", "en"}
    assert "canary" not in json.dumps(page.frames)


async def test_a_console_that_connects_late_is_told_everything(house: House) -> None:
    person = await member(house.database)
    mine, theirs = await waiting(house.database, "a"), await waiting(house.database, "b")
    await queue.claim(
        house.database, NOTICES, person.staff, mine.id, version=mine.version, now=house.clock.now
    )
    async with house.page(await house.signed_in(person)) as page:
        assert (await page.until("hello"))["name"] == "별"
        cards = (await page.until("queue"))["changed"]
        talks = (await page.until("talks"))["changed"]
        lines = (await page.until("lines"))["lines"]
    assert [card["conversation"] for card in cards] == [str(theirs.id)]
    assert [talk["conversation"] for talk in talks] == [str(mine.id)]
    assert [line["text"] for line in lines] == ["joined-ko"]


async def test_the_talk_so_far_is_shown_to_its_owner_and_read_is_written_down(
    house: House,
) -> None:
    talk = await waiting(house.database)
    await said(house.database, talk.id, "도와주세요")
    async with house.console("별") as owner, house.console("달") as colleague:
        await owner.send("claim", conversation=str(talk.id), version=talk.version)
        lines = (await owner.until("lines"))["lines"]
        await colleague.until("queue", gone=[str(talk.id)])
        await said(house.database, talk.id, "듣고 있나요")
        fresh = (await owner.until("lines"))["lines"]
    async with house.database.reading() as session:
        acts = [entry.action for entry in await audit.entries(session, object_id=talk.id)]
    assert [(line["seq"], line["text"]) for line in lines] == [(1, "도와주세요"), (2, "joined-ko")]
    assert [(line["seq"], line["text"]) for line in fresh] == [(3, "듣고 있나요")]
    assert acts == ["ask", "claim", "read", "read_beside", "read", "read_beside"]
    assert "도와" not in json.dumps(colleague.frames, ensure_ascii=False)


async def test_an_answer_is_said_once_and_its_delivery_is_followed(house: House) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        epoch = await take(page, talk)
        key = a_key()
        message = {"conversation": str(talk.id), "epoch": epoch, "key": key, "text": "안녕하세요"}
        begun = len(page.frames)
        await page.send("say", **message)
        await page.send("say", **message)
        for _ in range(2):
            assert (await page.until("said", key=key))["seq"] == 2
        line = (await page.since(begun, "lines"))["lines"][0]  # before or after the answers
        assert (line["key"], line["delivery"]) == (key, "pending")

        for _ in range(2):
            delivery = await delivery_claimed(house.database)
            assert delivery is not None
            async with house.database.transaction() as session:
                await outbox.settle(session, delivery, DeliveryState.SENT, now=house.clock.now)
        await page.until("delivery", seq=2, state="sent")

    own = [one for one in await lines_of(house.database, talk) if one.speaker is Speaker.COUNSELOR]
    assert [(one.id, one.text) for one in own] == [(UUID(key), "안녕하세요")]


async def test_a_message_that_cannot_arrive_is_shown_as_such(house: House) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        await take(page, talk)
        delivery = await delivery_claimed(house.database)
        assert delivery is not None
        async with house.database.transaction() as session:
            await outbox.settle(
                session, delivery, DeliveryState.DEAD, now=house.clock.now, code="gone"
            )
        assert (await page.until("delivery"))["state"] == "dead"


async def test_what_a_person_wrote_arrives_as_text_whatever_it_is(house: House) -> None:
    talk = await waiting(house.database)
    for text in CORPUS:
        await said(house.database, talk.id, text)
    async with house.console() as page:
        await page.send("claim", conversation=str(talk.id), version=talk.version)
        lines = (await page.until("lines"))["lines"]
    assert [line["text"] for line in lines][: len(CORPUS)] == CORPUS


async def test_a_step_that_is_not_allowed_is_refused_in_words_and_changes_nothing(
    house: House,
) -> None:
    talk = await waiting(house.database)
    await said(house.database, talk.id, "여보세요")
    where = {"conversation": str(talk.id), "epoch": 1}
    async with house.console() as page:
        await page.send("say", **where, key=a_key(), text="안녕")
        assert (await page.until("refused"))["code"] == "not_owner"
        for step in ("release", "close"):
            await page.send(step, **where, seen=9)
            assert (await page.until("refused", action=step))["code"] == "not_owner"
        epoch = await take(page, talk)
        for text, code in (("가" * 1001, "text_too_long"), (" ", "text_empty"), ("\0", None)):
            key = a_key()
            await page.send("say", **{**where, "epoch": epoch}, key=key, text=text)
            assert (await page.until("refused", key=key))["code"] == (code or "text_unreadable")
        await page.send("say", **{**where, "epoch": 0}, key=a_key(), text="안녕")
        assert (await page.until("refused"))["code"] == "stale_epoch"
    assert len(await lines_of(house.database, talk)) == 2


async def test_a_key_that_names_a_line_of_another_talk_writes_nothing(house: House) -> None:
    talk, other = await waiting(house.database, "a"), await waiting(house.database, "b")
    foreign = await said(house.database, other.id, "남의 말")
    async with house.console() as page:
        epoch = await take(page, talk)
        where = {"conversation": str(talk.id), "epoch": epoch}
        await page.send("say", **where, key=str(foreign.id), text="안녕")
        assert (await page.until("refused"))["code"] == "key_used"
        await page.send("say", **where, key=a_key(), text="다시")
        await page.until("said")
    assert [line.text for line in await lines_of(house.database, talk)] == ["joined-ko", "다시"]


@pytest.mark.parametrize(
    "hostile",
    ["", "x", "[]", '{"v":1,"type":"erase"}', "[" * 9000, "가" * 5000, b"\x00\x01", "x" * 16_384],
)
async def test_a_hostile_frame_is_refused_and_the_page_lives_on(
    house: House, hostile: str | bytes
) -> None:
    async with house.console() as page:
        await page.socket.send(hostile)
        assert (await page.until("refused"))["action"] == "frame"
        await page.send("next")
        assert (await page.until("refused", action="next"))["code"] == "nobody_waits"


async def test_taking_the_next_and_giving_it_back_and_closing(house: House) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        await page.send("next")
        await page.until("claimed", conversation=str(talk.id))
        await page.send("release", conversation=str(talk.id), epoch=1)
        await page.until("done", action="release")
        await page.send("next")
        await page.until("claimed")
        await page.send("close", conversation=str(talk.id), epoch=2, seen=999)
        await page.until("done", action="close")
    texts = [line.text for line in await lines_of(house.database, talk)]
    assert texts == ["joined-ko", "returned-ko", "joined-ko", "goodbye-ko", "way-back-ko"]


async def test_a_page_that_answers_keeps_its_talks_and_one_that_left_does_not(
    house: House,
) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        await take(page, talk)
        for _ in range(3):
            house.clock.pass_(seconds=30)
            await page.send("heartbeat", active=True)
            await page.send("next")
            await page.until("refused", action="next")
            assert await queue.lapse(house.database, NOTICES, now=house.clock.now) == 0
        house.clock.pass_(seconds=46)
        assert await queue.lapse(house.database, NOTICES, now=house.clock.now) == 1
        back = await page.until("queue")
        await page.until("talks", gone=[str(talk.id)])
    assert talk.queued_at is not None
    assert back["changed"][0]["queued_at"] == talk.queued_at.isoformat()


async def test_a_page_that_comes_back_in_time_has_its_talk(house: House) -> None:
    token = await house.signed_in(await member(house.database))
    talk = await waiting(house.database)
    async with house.page(token) as page:
        await page.until("talks")
        await take(page, talk)
    house.clock.pass_(seconds=40)
    async with house.page(token) as page:
        talks = await page.until("talks")
    house.clock.pass_(seconds=40)
    assert talks["changed"][0]["conversation"] == str(talk.id)
    assert await queue.lapse(house.database, NOTICES, now=house.clock.now) == 0


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.test"]
)
async def test_a_page_of_somebody_else_opens_no_socket(house: House, origin: str) -> None:
    token = await house.signed_in(await member(house.database))
    with pytest.raises(InvalidStatus) as caught:
        async with house.page(token, origin=origin):
            pass
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("token", ["", "x", "y" * 43])
async def test_without_a_session_nothing_is_told(house: House, token: str) -> None:
    await waiting(house.database)
    async with house.page(token) as page:
        assert await page.code() == 4401
        with pytest.raises(Exception, match="4401"):
            await page.socket.recv()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
async def test_who_does_not_counsel_is_told_nothing(house: House, role: Role) -> None:
    token = await house.signed_in(await member(house.database, role=role))
    async with house.page(token) as page:
        assert await page.code() == 4401


async def test_signing_out_closes_every_page_of_that_session_and_no_other(house: House) -> None:
    person = await member(house.database)
    token = await house.signed_in(person)
    async with house.page(token) as one, house.page(token) as two, house.console("달") as other:
        for page in (one, two):
            await page.until("talks")
        await sign_out(house, token)
        assert [await page.code() for page in (one, two)] == [4401, 4401]
        await other.send("next")
        await other.until("refused")


async def sign_out(house: House, token: str) -> None:
    async with house.browser(token) as browser:
        page = await browser.get("/console")
        csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
        answer = await browser.post("/console/logout", data={"csrf": csrf})
        assert answer.status_code == 303


async def test_a_session_that_ended_elsewhere_can_do_nothing_more(house: House) -> None:
    talk = await waiting(house.database)
    async with house.console() as page:
        house.clock.pass_(hours=11)
        await page.send("claim", conversation=str(talk.id), version=talk.version)
        assert await page.code() == 4401
    assert await lines_of(house.database, talk) == []


@pytest.mark.parametrize("says_something", [True, False])
async def test_a_page_whose_session_ended_in_another_process_is_closed(
    house: House, says_something: bool
) -> None:
    person = await member(house.database)
    token = await house.signed_in(person)
    async with house.page(token) as page:
        await page.until("talks")
        elsewhere = Door(house.database, hasher=CHEAP)
        session = await elsewhere.session(token, now=house.clock.now)
        assert session is not None
        await elsewhere.sign_out(session, now=house.clock.now)
        if says_something:
            await page.send("heartbeat", active=False)
        assert await page.code() == 4401


async def test_a_page_of_somebody_dismissed_elsewhere_is_closed_and_told_nothing_more(
    house: House,
) -> None:
    talk = await waiting(house.database)
    person = await member(house.database)
    async with house.page(await house.signed_in(person)) as page:
        await page.until("talks")
        await take(page, talk)
        await queue.dismiss(house.database, NOTICES, person.staff.id, now=house.clock.now)
        assert await page.rest() <= {"claimed", "ping"}
        assert await page.code() == 4401
    assert (await row_of(house.database, talk)).state == "queued"


async def test_a_session_that_ran_out_is_told_of_nothing_that_happens_then(house: House) -> None:
    async with house.console() as page:
        house.clock.pass_(hours=11)
        await waiting(house.database)
        assert await page.rest() <= {"ping"}
        assert await page.code() == 4401


async def test_after_a_look_that_failed_a_page_comes_back_and_is_told_everything(
    house: House,
) -> None:
    token = await house.signed_in(await member(house.database))
    talk = await waiting(house.database)
    async with house.page(token) as page:
        await page.until("talks")
        await written(house.database, talk, "xx")
        assert await page.code() == 1013
    await written(house.database, talk, "ko")
    async with house.page(token) as page:
        shown = await page.until("queue")
    assert [card["conversation"] for card in shown["changed"]] == [str(talk.id)]


async def written(database: Database, talk: Conversation, language: str) -> None:
    """Write a language into the row of a talk, known or not."""
    async with database.transaction() as session:
        its = talk_rows.c.id == talk.id
        await session.execute(update(talk_rows).where(its).values(language=language))
        wake(session, Topic.QUEUE)


async def test_a_change_is_on_the_screen_within_100_ms(house: House) -> None:
    async with house.console() as page:
        waits = []
        for number in range(5):
            await waiting(house.database, f"account-{number}")
            committed = time.perf_counter()
            await page.until("queue")
            waits.append(time.perf_counter() - committed)
    assert min(waits) < 0.1, "the others may have met a busy machine"


async def test_a_talk_that_does_not_open_leaves_the_page_alive(house: House) -> None:
    person = await member(house.database)
    broken = await waiting(house.database)
    await queue.claim(
        house.database, NOTICES, person.staff, broken.id, version=broken.version,
        now=house.clock.now,
    )  # fmt: skip
    await house.database.vault.destroy_data_key(broken.id)
    async with house.page(await house.signed_in(person)) as page:
        refused = await page.until("refused")
        assert (refused["code"], refused["conversation"]) == ("unreadable", str(broken.id))
        await page.send("next")
        await page.until("refused", action="next")


async def test_nobody_is_told_of_a_talk_that_is_not_theirs(house: House) -> None:
    me = await counselor(house.database, "해")
    talk = await waiting(house.database)
    await queue.claim(
        house.database, NOTICES, me, talk.id, version=talk.version, now=house.clock.now
    )
    async with house.console() as page:
        await page.send("say", conversation=str(uuid4()), epoch=1, key=a_key(), text="?")
        await page.until("refused", code="not_owner")
    assert str(talk.id) not in json.dumps(page.frames)

"""What the consoles are told around a talk, over real WebSockets."""

import json
import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from handoff import prepared
from storage import conversations
from storage.database import Database
from storage.records import Conversation, Risk, Role
from tests.factories import said
from tests.handoff.conftest import House, lines_of, member, row_of, waiting
from tests.handoff.test_console_socket import take

IDENTITY = re.compile(
    r"account|address|contact|handle|profile|picture|avatar|photo|phone|email|pseudonym|"
    r"platform_id|user_?name|external|sender",
    re.IGNORECASE,
)


async def risen(database: Database, talk: Conversation, risk: Risk) -> None:
    """As the engine does when the screen finds danger in a led talk."""
    async with database.transaction() as session:
        now = await conversations.get(session, talk.id)
        await conversations.save(session, now, replace(now, risk=risk))


async def test_no_frame_has_a_key_or_value_that_says_who_they_are(house: House) -> None:
    async with house.console("별") as one, house.console("달") as two:
        talk = await waiting(house.database, "account-canary")
        await said(house.database, talk.id, "도와주세요")
        card = (await one.until("queue"))["changed"][0]
        epoch = await take(one, talk)
        where = {"conversation": str(talk.id), "epoch": epoch}
        await one.send("note", **where, key=str(uuid4()), text="쪽지")
        await one.until("notes")
        await one.send("risk", **where, risk=2)
        await one.until("done", action="risk")
        (hello,) = [frame for frame in two.frames if frame["type"] == "hello"]
        await one.send("offer", **where, colleague=hello["id"], note="")
        await one.until("done", action="offer")
        await two.until("offers")
        await two.send("accept", **where)
        await two.until("claimed")
        await two.until("notes")
        told = [*one.frames, *two.frames]
    kinds = {frame["type"] for frame in told}
    assert {"queue", "talks", "lines", "notes", "offers", "colleagues", "done"} <= kinds
    assert not [key for key in _keys(told) if IDENTITY.search(key)]
    assert "canary" not in json.dumps(told)
    assert str(talk.contact_id) not in json.dumps(told)
    assert card["names"]["ko"]


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in _keys(each)}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()


async def test_risk_that_grows_reaches_the_owner_and_every_supervisor(house: House) -> None:
    chief = await member(house.database, "솔", role=Role.SUPERVISOR)
    token = await house.signed_in(chief)
    async with (
        house.console("별") as owner,
        house.console("달") as colleague,
        house.page(token) as supervisor,
    ):
        await supervisor.until("talks")
        talk = await waiting(house.database)
        await supervisor.until("queue")  # a talk that is taken before it is seen is never gone
        await take(owner, talk)
        await supervisor.until("queue", gone=[str(talk.id)])

        await risen(house.database, talk, Risk.IMMINENT)

        mine = await owner.until("talks")
        alarm = await supervisor.until("alarm", conversation=str(talk.id))
        await colleague.send("presence", state="pausing")
        await colleague.until("presence")
    assert mine["changed"][0]["risk"] == alarm["risk"] == Risk.IMMINENT
    assert "lines" not in {frame["type"] for frame in supervisor.frames}
    assert "alarm" not in {frame["type"] for frame in colleague.frames}


async def test_risk_that_grows_to_no_alarm_rings_at_no_supervisor(house: House) -> None:
    chief = await member(house.database, "솔", role=Role.SUPERVISOR)
    token = await house.signed_in(chief)
    async with house.console("별") as owner, house.page(token) as supervisor:
        await supervisor.until("talks")
        talk = await waiting(house.database, risk=Risk.NONE)
        await supervisor.until("queue")
        await take(owner, talk)
        await supervisor.until("queue", gone=[str(talk.id)])

        await risen(house.database, talk, Risk.LOW)
        await owner.until("talks")
        await risen(house.database, talk, Risk.HIGH)
        await supervisor.until("alarm")

    alarms = [frame["risk"] for frame in supervisor.frames if frame["type"] == "alarm"]
    assert alarms == [Risk.HIGH]


async def test_a_supervisor_who_leads_a_talk_hears_its_alarm_once_and_those_of_others(
    house: House,
) -> None:
    chief = await member(house.database, "솔", role=Role.SUPERVISOR)
    token = await house.signed_in(chief)
    async with house.console("별") as owner, house.page(token) as supervisor:
        await supervisor.until("talks")
        theirs = await waiting(house.database, "other")
        await supervisor.until("queue")
        mine = await waiting(house.database)
        await take(supervisor, mine)
        await take(owner, theirs)
        await supervisor.until("queue", gone=[str(theirs.id)])

        await risen(house.database, mine, Risk.IMMINENT)
        grown = await supervisor.until("talks")
        await risen(house.database, theirs, Risk.IMMINENT)
        await supervisor.until("alarm")

    assert grown["changed"][0]["risk"] == Risk.IMMINENT  # the page rings for it
    alarms = [frame for frame in supervisor.frames if frame["type"] == "alarm"]
    assert [frame["conversation"] for frame in alarms] == [str(theirs.id)]


async def test_every_console_sees_who_is_here(house: House) -> None:
    async with house.console("별") as one, house.console("달") as two:
        await one.send("presence", state="pausing")
        seen: dict[str, str] = {}
        while seen.get("별") != "pausing":
            told = await two.until("colleagues")
            seen = {each["name"]: each["presence"] for each in told["all"]}
    assert seen == {"별": "pausing", "달": "available"}


async def test_a_prepared_sentence_is_not_sent_as_it_stands(house: House) -> None:
    sentence = min(prepared.never_unchanged())
    async with house.console() as page:
        talk = await waiting(house.database)
        epoch = await take(page, talk)
        where = {"conversation": str(talk.id), "epoch": epoch}
        await page.send("say", **where, key=str(uuid4()), text=f" {sentence} ")
        assert (await page.until("refused"))["code"] == "prepared_unchanged"
        await page.send("say", **where, key=str(uuid4()), text=f"{sentence} 어때요?")
        await page.until("said")
    texts = [line.text for line in await lines_of(house.database, talk)]
    assert sentence not in texts
    assert (await row_of(house.database, talk)).epoch == epoch


def test_only_confirmed_help_services_are_offered() -> None:
    services = json.loads(Path(prepared.FILE).with_name("resources.json").read_text("utf-8"))
    offered = [one for one in services if one["offered"]]
    assert "112" in {one["value"] for one in offered}
    assert {one["status"] for one in offered} <= {"confirmed_official", "confirmed_press"}
    assert not [one["id"] for one in offered if "conflict" in json.dumps(one)]
    assert all(one["source"] and one["source_date"] for one in services)

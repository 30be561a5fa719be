"""Nothing a young person said or is can be found on the disk, in a log or in an answer."""

import base64
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.fakes.line import FakeLine, LinePerson
from tests.fakes.telegram import FakeTelegram, TelegramPerson
from tests.rasa_process import RasaProcess
from tests.scenarios.house import House, console, join, line_says, telegram_says, until

pytestmark = pytest.mark.rasa

SAID = "카나리아 이야기 zq9f2c"
ANSWERED = "카나리아 대답 zq71be"
ACCOUNT = "U" + "c4" * 16
CHAT = "7338844991"
SECRETS = (
    SAID,
    ANSWERED,
    ACCOUNT,
    CHAT,
    "canary-name-5d1e",
    line_fake.SECRET,
    line_fake.TOKEN,
    telegram_fake.SECRET,
    telegram_fake.TOKEN,
)


def forms(secret: str) -> list[bytes]:
    """The ways in which a text may lie on a disk."""
    plain = secret.encode()
    return [
        plain,
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        base64.b64encode(plain).rstrip(b"=")[:-2],
        quote(secret).encode(),
        secret.encode("unicode_escape"),
    ]


def found_in(path: Path) -> list[str]:
    content = path.read_bytes()
    return [secret for secret in SECRETS if any(form in content for form in forms(secret))]


async def talk(house: House, line: FakeLine, telegram: FakeTelegram) -> None:
    """Everything that happens to a word: said, answered, read, refused, failed, forged."""
    person = LinePerson(ACCOUNT)
    line.fail_next(500, {"message": SAID})
    telegram.fail_next(400, {"ok": False, "error_code": 400, "description": SAID})
    await line_says(house, person.says(SAID), person.says("상담사랑 얘기할래요"))
    await telegram_says(house, TelegramPerson(CHAT).says(SAID))
    cookie = await join(house, "은하")
    async with console(house, cookie) as room:
        card = (await room.until("queue", lambda frame: bool(frame["changed"])))["changed"][0]
        await room.send("claim", conversation=card["conversation"], version=card["version"])
        held = await room.until("talks", lambda frame: bool(frame["changed"]))
        await room.say(held["changed"][0], ANSWERED)
        await until(lambda: any(ANSWERED in sent.text for sent in line.sent))


async def refused(house: House) -> list[httpx.Response]:
    """Answers to calls that are wrong in every way we know."""
    body, headers = line_fake.webhook(LinePerson(ACCOUNT).says(SAID))
    mangled = body[:-2]
    wrong = {"x-line-signature": line_fake.signature(mangled)}
    async with httpx.AsyncClient(base_url=house.url) as client:
        return [
            await client.post("/channels/line", content=body),
            await client.post("/channels/line", content=mangled, headers=wrong),
            await client.post("/channels/line", content=body * 2000, headers=headers),
            await client.post("/channels/unknown", content=body, headers=headers),
            await client.post("/channels/telegram", content=body),
            await client.post("/console/login", content=SAID.encode()),
            await client.get("/console/ws"),
            await client.get(f"/nothing/{quote(SAID)}"),
        ]


async def test_no_canary_on_the_disk_in_a_log_or_in_a_refusal(
    house: House, line: FakeLine, telegram: FakeTelegram, rasa_service: RasaProcess
) -> None:
    await talk(house, line, telegram)
    answers = await refused(house)

    written = [path for path in house.folder.rglob("*") if path.is_file()]
    leaks = {path.name: found_in(path) for path in [*written, rasa_service.log]}
    assert {name for name in leaks if name.endswith((".db", ".log", "-wal"))}
    assert {name: secrets for name, secrets in leaks.items() if secrets} == {}
    assert all(secret not in answer.text for answer in answers for secret in (SAID, ACCOUNT))
    assert all(400 <= answer.status_code < 500 for answer in answers)

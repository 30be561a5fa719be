"""Whatever goes wrong, no line, title or answer of the process says a word of anybody."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import httpx

from tests.faults.house import House, house, says, somebody
from tests.faults.providers import Mood
from tests.privacy.stolen import STEMS, found

NAME, PHONE = STEMS["name"], STEMS["phone"]
WORDS = f"저는 {NAME}이고 {STEMS['school']} 다녀요, {PHONE}00, @{STEMS['handle']}"
HEADERS = {
    "User-Agent": STEMS["handle"],
    "Referer": f"https://{STEMS['handle']}.example/{quote(NAME)}",
    "Cookie": f"__Host-gyeot={STEMS['handle']}; gyeot_language={PHONE}",
    "Authorization": f"Bearer {STEMS['handle']}",
    "X-Forwarded-For": PHONE,
    "X-Forwarded-Host": STEMS["handle"],
    "X-Line-Signature": STEMS["handle"],
    "X-Telegram-Bot-Api-Secret-Token": STEMS["handle"],
    "Origin": f"https://{STEMS['handle']}.example",
    "Accept-Language": STEMS["handle"],
    "Sec-WebSocket-Protocol": STEMS["handle"],
}
PATHS = (
    "/", "/channels/line", "/channels/telegram", f"/channels/{quote(NAME)}", "/channels/line/{}",
    "/console", "/console/login", "/console/logout", "/console/join", "/console/join/start",
    f"/console/static/{quote(NAME)}", "/console/ws", "/health/live", "/health/ready", "/{}",
)  # fmt: skip
BODIES = (
    b"",
    f'{{"text": "{WORDS}"'.encode(),
    f'{{"events": "{WORDS}", "{NAME}": {{}}}}'.encode(),
    f"name={quote(NAME)}&password={quote(WORDS)}&code={PHONE}".encode(),
    WORDS.encode("utf-16"),
    b"[" * 20_000 + WORDS.encode(),
    WORDS.encode() * 3000,  # over every cap
)


async def _refused(one: House) -> Sequence[httpx.Response]:
    """Call every address in every wrong way."""
    answers = []
    async with httpx.AsyncClient(base_url=one.url, headers=HEADERS, timeout=30.0) as client:
        for path in PATHS:
            address = f"{path.format(quote(WORDS))}?name={quote(NAME)}&phone={PHONE}"
            answers.append(await client.get(address))
            answers.append(await client.request("DELETE", address))
            answers += [await client.post(address, content=body) for body in BODIES]
    return answers


async def _unlucky(one: House) -> None:
    """Say everything while the language service and the providers have each of their bad days."""
    for mood in (Mood.SLOW, Mood.FAILING, Mood.GARBLED, Mood.WRONG):
        one.world.nlu.mood = mood
        for channel in ("line", "telegram"):
            await one.hears(channel, says(channel, somebody(channel), WORDS))
    one.world.nlu.mood = Mood.WELL
    one.world.line.troubles.refusing = 1.0
    one.world.telegram.troubles.pressed = 1.0
    flooding = somebody("line")
    for _ in range(25):
        await one.hears("line", says("line", flooding, WORDS))
    await one.hears("telegram", says("telegram", somebody("telegram"), WORDS))
    one.world.line.troubles.refusing = one.world.telegram.troubles.pressed = 0.0
    await one.is_well()


async def test_nothing_said_is_in_a_log_a_title_or_an_answer(tmp_path: Path) -> None:
    async with house(tmp_path, extra={"GYEOT_LOG_LEVEL": "DEBUG"}) as one:
        answers = await _refused(one)
        await _unlucky(one)
        assert one.process.popen is not None
        kept = Path("/proc") / str(one.process.popen.pid)
        for name in ("cmdline", "comm", "environ", "status", "limits"):
            (tmp_path / f"proc-{name}.log").write_bytes((kept / name).read_bytes())
        for number, answer in enumerate(answers):
            said = f"{answer.headers}\n{answer.text}"
            (tmp_path / f"answer-{number}.log").write_text(said, "utf-8")

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    logs = b"".join(path.read_bytes() for path in written if path.suffix == ".log")
    assert b'"event"' in logs
    assert found(written) == set()
    assert all(answer.status_code < 500 or answer.status_code == 503 for answer in answers)

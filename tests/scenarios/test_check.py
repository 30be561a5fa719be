"""`python -m bot check`: what an operator reads about each channel."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.fakes import line as line_fake
from tests.fakes import telegram as telegram_fake
from tests.fakes.line import FakeLine
from tests.fakes.telegram import FakeTelegram
from tests.scenarios.house import ROOT


async def checked(
    folder: Path, line: FakeLine, telegram: FakeTelegram
) -> "subprocess.CompletedProcess[str]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    own |= {
        "GYEOT_HOME": str(folder),
        "GYEOT_PUBLIC_URL": "https://gyeot.example",
        "GYEOT_LINE_SECRET": line_fake.SECRET,
        "GYEOT_LINE_TOKEN": line_fake.TOKEN,
        "GYEOT_LINE_API": line.url,
        "GYEOT_TELEGRAM_TOKEN": telegram_fake.TOKEN,
        "GYEOT_TELEGRAM_SECRET": telegram_fake.SECRET,
        "GYEOT_TELEGRAM_API": telegram.url,
        "GYEOT_KAKAO_SKILL_KEY": "canary-key",
        "GYEOT_KAKAO_BOT_ID": "bot",
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "bot", "check"],
        cwd=ROOT,
        env=own,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_every_channel_has_a_line_and_what_is_wrong_is_said(
    tmp_path: Path, line: FakeLine, telegram: FakeTelegram
) -> None:
    line.webhook = "https://gyeot.example/channels/line"
    telegram.webhook_info = {**telegram.webhook_info, "url": "https://elsewhere.example/"}

    wrong = await checked(tmp_path, line, telegram)
    telegram.webhook_info = {
        **telegram.webhook_info,
        "url": "https://gyeot.example/channels/telegram",
    }
    right = await checked(tmp_path, line, telegram)

    channels = wrong.stdout.split("\n\n")[0]
    rows = {row.split()[0]: row for row in channels.splitlines()}
    assert set(rows) == {"channel", "kakao", "line", "telegram"}
    assert "WRONG" in rows["telegram"]
    assert "setWebhook" in rows["telegram"]
    assert "WRONG" not in rows["line"]
    assert "not known" in rows["kakao"]
    assert (wrong.returncode, right.returncode) == (1, 0)
    assert "canary" not in wrong.stdout + wrong.stderr


async def test_a_provider_that_is_away_is_not_called_wrong(
    tmp_path: Path, line: FakeLine, telegram: FakeTelegram
) -> None:
    line.fail_next(500, times=9)
    telegram.webhook_info = {
        **telegram.webhook_info,
        "url": "https://gyeot.example/channels/telegram",
    }

    found = await checked(tmp_path, line, telegram)

    assert "could not be asked" in found.stdout
    assert found.returncode == 0

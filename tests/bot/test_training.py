"""A house to practice in leads to nobody, whatever the real house is set to."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.training import training, words
from tests.fakes.line import SECRET, TOKEN


def real(folder: Path) -> Settings:
    """Settings of a real house, on a database server and with a channel."""
    return Settings(
        home=folder,
        port=8123,
        host="0.0.0.0",
        public_url="https://gyeot.example",
        database_url=SecretStr("postgresql+psycopg://gyeot:x@database/gyeot"),
        line_secret=SecretStr(SECRET),
        line_token=SecretStr(TOKEN),
        keyring=folder / "keyring.json",
        ledger=folder / "ledger",
    )


def test_it_takes_nothing_of_the_real_house(tmp_path: Path) -> None:
    own = training(real(tmp_path))

    assert own.is_embedded
    assert own.home == tmp_path / "train"
    assert str(tmp_path / "train") in own.database
    assert own.host == "127.0.0.1"
    assert own.address == "http://localhost:8123"
    assert (own.keyring, own.ledger, own.line_token, own.telegram_token) == (None,) * 4


def test_the_environment_of_the_real_house_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GYEOT_DATABASE_URL", "postgresql+psycopg://gyeot:x@database/gyeot")
    monkeypatch.setenv("GYEOT_TELEGRAM_TOKEN", "token")
    monkeypatch.setenv("GYEOT_TELEGRAM_SECRET", "secret")

    own = training(Settings(home=tmp_path))

    assert own.is_embedded
    assert own.telegram_token is None


def test_a_newcomer_is_told_what_to_do(tmp_path: Path) -> None:
    told = words(training(real(tmp_path)))
    assert "http://localhost:8123" in told
    assert "practice talk" in told

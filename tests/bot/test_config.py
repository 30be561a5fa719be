"""Settings: read once, whole or refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config import Settings, read_settings


def test_half_a_channel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYEOT_LINE_SECRET", "canary")

    with pytest.raises(ValidationError, match="GYEOT_LINE_TOKEN"):
        Settings()


def test_telegram_needs_proof_or_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYEOT_TELEGRAM_TOKEN", "canary")

    with pytest.raises(ValidationError):
        Settings()
    monkeypatch.setenv("GYEOT_TELEGRAM_POLLING", "true")
    assert Settings().telegram_token is not None


def test_secrets_come_from_files_and_an_empty_file_is_an_absent_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gyeot_nlu_token").write_text("canary")
    (tmp_path / "gyeot_line_secret").write_text("")
    monkeypatch.setenv("GYEOT_SECRETS", str(tmp_path))

    settings = read_settings()

    assert settings.nlu_token is not None
    assert settings.line_secret is None


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYEOT_NLU_TOKEN", "canary-token")

    assert "canary" not in repr(Settings())

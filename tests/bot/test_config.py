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


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:abc", "http://[::1", "127.0.0.1:5006", "ftp://nlu", "http://", " "],
)
@pytest.mark.parametrize("name", ["GYEOT_NLU_URL", "GYEOT_NLU_SHADOW_URL"])
def test_what_is_no_address_of_a_language_service_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(ValidationError, match="must be an address"):
        read_settings()


def test_a_candidate_is_no_model_that_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYEOT_NLU_SHADOW_URL", "http://127.0.0.1:5006")
    assert read_settings().nlu_shadow_url == "http://127.0.0.1:5006"

    monkeypatch.setenv("GYEOT_NLU_URL", "http://127.0.0.1:5006")
    with pytest.raises(ValidationError, match="another model"):
        read_settings()


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GYEOT_NLU_TOKEN", "canary-token")

    assert "canary" not in repr(Settings())

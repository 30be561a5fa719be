"""Settings, read once from the environment."""

import os
from datetime import timedelta
from pathlib import Path

import httpx
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from storage.ledger import ledger_path
from storage.noise import MOST
from storage.records import Limits

_TOGETHER = (
    ("line_secret", "line_token"),
    ("x_consumer_secret", "x_token", "x_user_id"),
    ("kakao_skill_key", "kakao_bot_id"),
    ("kakao_consult_api", "kakao_consult_token", "kakao_consult_key"),
)
"""Settings of one channel that mean nothing without each other."""


class Settings(BaseSettings):
    """Environment variables named GYEOT_*; a secret has no default, and without it its part is off.

    `home` holds what a single machine keeps: the embedded database, its key file and the
    keyring. Every path not named is placed under it.
    """

    model_config = SettingsConfigDict(env_prefix="GYEOT_", env_ignore_empty=True, extra="ignore")

    home: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None  # how browsers reach us, when a proxy stands before us
    database_url: SecretStr | None = None  # None: SQLite under `home`
    keyring: Path | None = None  # None: keyring.json under `home`
    root: str = "file"  # what wraps the keyring's keys, see docs/operations.md
    root_passphrase: SecretStr | None = None  # None: asked at the terminal
    vault_token: SecretStr | None = None
    backup_days: int = Field(default=7, ge=1, le=14)  # how long a copy of the data stays readable
    transcript_days: int = Field(default=90, ge=7, le=365)  # after a talk was closed
    contact_days: int = Field(default=30, ge=1, le=90)  # after a person's last word
    dead_hours: int = Field(default=72, ge=1, le=72)  # what could not be worked on
    ledger: Path | None = None  # None: beside the keyring, see storage/ledger.py
    backups: Path | None = None  # None: a folder backups under `home`
    checkpoints: Path | None = None  # the audit log's second place; None: checkpoints under `home`
    audit_days: int = Field(default=730, ge=365)  # how long an act stays in the audit log
    release_epsilon: float | None = Field(default=None, gt=0, le=MOST)  # None: none for the public
    log_level: str = "INFO"
    max_talks: int = Field(default=3, ge=1, le=50)  # talks one counselor may lead at once

    heavy_talks: int = Field(default=3, ge=1, le=50)  # after so many a counselor pauses

    nlu_url: str = "http://127.0.0.1:5005"
    nlu_token: SecretStr | None = None
    nlu_current: Path | None = None  # the file that names the released model; None: not checked
    nlu_shadow_url: str | None = None  # a candidate that is asked the same in silence; None: none
    content: Path | None = None  # the sentences; None: those that are shipped
    lexicon: Path | None = None  # words of staff for the risk screen, beside those we ship

    accounts: Path | None = None  # our confirmed accounts, shown at /verify; None: those shipped

    telegram_token: SecretStr | None = None
    telegram_secret: SecretStr | None = None
    telegram_api: str | None = None
    telegram_polling: bool = False  # for a developer without a public address

    line_secret: SecretStr | None = None
    line_token: SecretStr | None = None
    line_api: str | None = None

    meta_app_secret: SecretStr | None = None
    meta_verify_token: SecretStr | None = None
    messenger_token: SecretStr | None = None
    instagram_token: SecretStr | None = None
    meta_api: str | None = None

    x_consumer_secret: SecretStr | None = None
    x_token: SecretStr | None = None
    x_user_id: str | None = None
    x_api: str | None = None

    kakao_skill_key: SecretStr | None = None
    kakao_bot_id: str | None = None
    kakao_consult_api: str | None = None
    kakao_consult_token: SecretStr | None = None
    kakao_consult_key: SecretStr | None = None

    @field_validator("*", mode="after")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        """Take an empty secret file, which a compose file needs, for an absent one."""
        return None if isinstance(value, SecretStr) and not value.get_secret_value() else value

    @field_validator("nlu_url", "nlu_shadow_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        if url is not None and not _is_web(url):
            raise ValueError("must be an address such as http://127.0.0.1:5005")
        return url

    @model_validator(mode="after")
    def _channels_are_whole(self) -> "Settings":
        """Refuse half a channel: a child would write and never be answered."""
        for names in _TOGETHER:
            given = [getattr(self, name) is not None for name in names]
            if any(given) and not all(given):
                wanted = ", ".join(f"GYEOT_{name.upper()}" for name in names)
                raise ValueError(f"{wanted} must be set together")
        if self.telegram_token and not self.telegram_secret and not self.telegram_polling:
            raise ValueError("GYEOT_TELEGRAM_TOKEN needs GYEOT_TELEGRAM_SECRET (or polling)")
        if self.nlu_shadow_url == self.nlu_url:
            raise ValueError("GYEOT_NLU_SHADOW_URL must name another model than GYEOT_NLU_URL")
        meta = self.messenger_token or self.instagram_token
        if meta and not (self.meta_app_secret and self.meta_verify_token):
            raise ValueError("GYEOT_META_APP_SECRET, GYEOT_META_VERIFY_TOKEN must be set")
        return self

    @property
    def address(self) -> str:
        """How a browser reaches the house."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.home / 'gyeot.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file that one process serves."""
        return self.database.startswith("sqlite")

    @property
    def window(self) -> timedelta:
        """How long a key is kept after its day, and a backup stays readable."""
        return timedelta(days=self.backup_days)

    @property
    def keyring_path(self) -> Path:
        """Where the keyring file lies."""
        return self.keyring or self.home / "keyring.json"

    @property
    def limits(self) -> Limits:
        """How long what was said, and who said it, is kept."""
        return Limits(
            transcripts=timedelta(days=self.transcript_days),
            contacts=timedelta(days=self.contact_days),
            dead_bodies=timedelta(hours=self.dead_hours),
            acts=timedelta(days=self.audit_days),
        )

    @property
    def ledger_path(self) -> Path:
        """Where the erasure ledger lies."""
        return self.ledger or ledger_path(self.keyring_path)

    @property
    def backups_path(self) -> Path:
        """Where backups of the database go; never where keys are."""
        return self.backups or self.home / "backups"

    @property
    def checkpoints_path(self) -> Path:
        """The folder where the audit log's checkpoints are copied to."""
        return self.checkpoints or self.home / "checkpoints"


def _is_web(url: str) -> bool:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return found.scheme in ("http", "https") and bool(found.host)


def read_settings() -> Settings:
    """Read the environment, and the folder of secret files that GYEOT_SECRETS names."""
    # pydantic-settings takes the folder as a constructor argument that its types do not show.
    return Settings(_secrets_dir=os.environ.get("GYEOT_SECRETS"))  # type: ignore[call-arg]

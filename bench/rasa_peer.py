"""Rasa's own stack as a peer: the product's language model with rules, REST and a SQL tracker."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.command import SCRATCH
from bench.running import ROOT, Server, serving
from tests.loopback import free_port

NLU = ROOT / "nlu"
PYTHON = NLU / ".venv/bin/python"
START_SECONDS = 180.0
TRAIN_SECONDS = 900


@asynccontextmanager
async def rasa(folder: Path) -> AsyncGenerator[Server]:
    """Serve Rasa with its REST channel and a SQLite tracker store in `folder`."""
    model = await asyncio.to_thread(_model)
    endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
    endpoints.write_text(
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder}/rasa.db\n"
    )
    credentials.write_text("rest:\n")
    port = free_port()
    command: list[str | Path] = [
        PYTHON, "-m", "rasa", "run", "-m", model, "-i", "127.0.0.1", "-p", str(port),
        "--endpoints", endpoints, "--credentials", credentials, "--quiet",
    ]  # fmt: skip
    log = folder / "rasa.log"
    async with serving(
        command, port, log, environment=_environment(), folder=NLU, patience=START_SECONDS
    ) as server:
        await _loaded(port)
        yield server


async def _loaded(port: int) -> None:
    """Wait until the model answers; it listens long before."""
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        asyncio.timeout(START_SECONDS),
    ):
        hello = {"sender": "warm", "message": "안녕하세요"}
        for _ in range(int(START_SECONDS)):
            if "text" in (await client.post("/webhooks/rest/webhook", json=hello)).text:
                return
            await asyncio.sleep(1)


def _model() -> Path:
    """Train the assistant once for each language model; a minute or two."""
    current = json.loads((NLU / "models/current.json").read_text())["fingerprint"][:16]
    folder = SCRATCH.parent / "bench-rasa"
    model = folder / f"{current}.tar.gz"
    if model.is_file():
        return model
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _assistant().items():
        (folder / name).write_text(text, encoding="utf-8")
    words = [
        PYTHON, "-m", "rasa", "train", "--config", folder / "config.yml",
        "--domain", folder / "domain.yml", "--data", *_sentences(), folder / "rules.yml",
        "--out", folder, "--fixed-model-name", current, "--quiet",
    ]  # fmt: skip
    subprocess.run(
        list(map(str, words)), cwd=NLU, env=_environment(), check=True, timeout=TRAIN_SECONDS,
        capture_output=True,
    )  # fmt: skip
    return model


def _sentences() -> list[Path]:
    """Return the files of the first author; with the other voices DIET trains for ever."""
    files = (NLU / "data/nlu").glob("*.yml")
    return sorted(file for file in files if not file.name.startswith("voices_"))


def _assistant() -> dict[str, str]:
    """Return the files: the product's model, and a rule that answers each of its intents."""
    config, domain = ((NLU / name).read_text("utf-8") for name in ("config.yml", "domain.yml"))
    intents = [line.strip(" -") for line in domain.splitlines() if line.startswith("  - ")]
    answer = "responses:\n  utter_heard:\n    - text: 들었어요. 더 이야기해 주세요.\n"
    rules = "".join(
        f"  - rule: {one}\n    steps:\n      - intent: {one}\n      - action: utter_heard\n"
        for one in intents
    )
    return {
        "config.yml": config.replace("policies: []", "policies:\n  - name: RulePolicy"),
        "domain.yml": domain + answer,
        "rules.yml": 'version: "3.1"\nrules:\n' + rules,
    }


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(NLU),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }

"""What `make run` starts, and what it leaves behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scripts import run as script
from tests.fakes.nlu import TOKEN, FakeNlu
from tests.fakes.switchboard import FakeProvider
from tests.loopback import free_port
from tests.rasa_process import CURRENT, missing
from tests.scenarios.house import ROOT

COMMAND = [sys.executable, "-u", "scripts/run.py"]
PATIENCE = 240.0  # seconds; the language service loads its model on a busy machine


def settings(folder: Path, **own: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    ports = {"GYEOT_PORT": str(free_port()), "GYEOT_NLU_PORT": str(free_port())}
    return {**kept, "GYEOT_HOME": str(folder / "var"), **ports, **own}


def is_free(port: str) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", int(port))) != 0


def nlu_of(parent: int) -> int:
    """The pid of the language service among a process's children."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if b"nlu/follow.py" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("no language service")


@pytest.mark.rasa
def test_everything_serves_outlives_the_language_service_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    if reason := missing():
        pytest.skip(reason)
    own = settings(tmp_path)
    printed = tmp_path / "printed"
    with printed.open("wb") as output:
        run = subprocess.Popen(COMMAND, cwd=ROOT, env=own, stdout=output, stderr=output)
    patience = time.monotonic() + PATIENCE
    while "gyeot: ready" not in printed.read_text() and time.monotonic() < patience:
        assert run.poll() is None, printed.read_text()
        time.sleep(0.3)

    with urllib.request.urlopen(f"http://127.0.0.1:{own['GYEOT_PORT']}/health/ready") as answer:
        assert answer.status == 200
    service = nlu_of(run.pid)
    os.kill(service, signal.SIGKILL)
    while "starting it again" not in printed.read_text():
        assert run.poll() is None, printed.read_text()
        time.sleep(0.3)
    with urllib.request.urlopen(f"http://127.0.0.1:{own['GYEOT_PORT']}/health/ready") as answer:
        assert answer.status == 200  # the product goes on without it
    run.send_signal(signal.SIGINT)

    assert run.wait(timeout=90) == 0
    assert is_free(own["GYEOT_PORT"])
    assert is_free(own["GYEOT_NLU_PORT"])
    assert "/console/join#" in printed.read_text()


@pytest.mark.parametrize("name", ["GYEOT_PORT", "GYEOT_NLU_PORT"])
def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])

        run = subprocess.run(
            COMMAND,
            cwd=ROOT,
            env=settings(tmp_path, **{name: port}),
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert run.returncode == 1
    assert f"port {port} is taken" in run.stderr
    assert name in run.stderr


def test_the_product_is_told_which_model_is_current() -> None:
    assert script.joined({})["GYEOT_NLU_CURRENT"] == str(CURRENT)


@pytest.mark.parametrize("set_by_hand", ["", "/elsewhere/current.json"])
def test_what_the_operator_set_stays(set_by_hand: str) -> None:
    own = {"GYEOT_NLU_CURRENT": set_by_hand, "GYEOT_NLU_PORT": "7", "GYEOT_NLU_TOKEN": "t"}

    assert script.joined(own) == {**own, "GYEOT_NLU_URL": "http://127.0.0.1:7"}


def test_a_model_that_is_named_by_hand_is_not_held_against_the_current_one() -> None:
    assert "GYEOT_NLU_CURRENT" not in script.joined({"GYEOT_NLU_MODEL": "/elsewhere/a.tar.gz"})


async def test_a_start_shows_no_proxy_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    service, proxy = FakeNlu({}), FakeProvider()
    async with service.serving(), proxy.serving():
        monkeypatch.setenv("http_proxy", proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)

        url = f"{service.url}/status?token={TOKEN}"
        await asyncio.to_thread(script._wait, [], url, "the language service")

    assert (service.calls, proxy.calls) == (1, 0)


def test_in_production_the_language_service_names_its_model_to_every_process_that_asks() -> None:
    shape = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]

    assert "models/current.json /srv/named/" in " ".join(shape["nlu"]["command"])
    assert "named:/srv/named" in shape["nlu"]["volumes"]
    for name in ("app", "worker", "sender"):
        told = shape[name]["environment"]
        assert (told["GYEOT_NLU_URL"], told["GYEOT_NLU_CURRENT"]) == (
            "http://nlu:5005",
            "/srv/named/current.json",
        )
        assert "named:/srv/named:ro" in shape[name]["volumes"]

"""Going over to another model while people write, with the real service."""

import json
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ending import ended
from tests.loopback import free_port
from tests.nlu.conftest import copied
from tests.rasa_process import PYTHON, START_SECONDS, environment

pytestmark = pytest.mark.rasa


@dataclass
class Following:
    """The service as an operator runs it, and everything that was asked of it."""

    room: Path
    url: str
    process: "subprocess.Popen[bytes]"
    answered: int = 0
    failed: list[str] = field(default_factory=list)

    def name(self, **names: str) -> None:
        """Write current.json in one step, as the gate does."""
        unfinished = self.room / "models/current.unfinished"
        unfinished.write_text(json.dumps(names), encoding="utf-8")
        unfinished.replace(self.room / "models/current.json")

    def ask(self, path: str, body: object = None) -> Any:
        """Ask, and once more where the connection was closed before the question was read.

        A process that stops may just have taken a connection on which nothing was said yet.
        """
        try:
            return self._ask(path, body)
        except (ConnectionError, urllib.error.URLError):
            return self._ask(path, body)

    def _ask(self, path: str, body: object) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}{path}?token=t", data, START_SECONDS) as answer:
            return json.load(answer)

    def serves(self) -> str:
        return Path(self.ask("/status")["model_file"]).name

    def until(self, model: str) -> None:
        """Wait until a model serves and the one before does not any more."""
        deadline, same = time.monotonic() + 2 * START_SECONDS, 0
        while same < 10:
            assert time.monotonic() < deadline, f"{model} does not serve"
            same = same + 1 if self.serves() == model else 0
            time.sleep(0.1)

    def ask_on(self, stop: threading.Event) -> None:
        """Ask without a pause, as a busy house does."""
        while not stop.is_set():
            try:
                found = self.ask("/model/parse", {"text": "사진으로 협박당하고 있어요"})
                assert found["intent"]["name"] == "sextortion"
                self.answered += 1
            except Exception as error:
                self.failed.append(type(error).__name__)


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Following]:
    room = copied(tmp_path, "now", "new")
    (room / "models/broken.tar.gz").write_bytes(b"no model")
    (room / "models/current.json").write_text('{"model": "now.tar.gz"}', encoding="utf-8")
    port = free_port()
    with (room / "said").open("wb") as said:
        process = subprocess.Popen(
            [PYTHON, room / "follow.py"],
            env=environment(GYEOT_NLU_TOKEN="t", GYEOT_NLU_PORT=str(port)),
            stdout=said,
        )
    service = Following(room, f"http://127.0.0.1:{port}", process)
    try:
        _wait_until_it_listens(service)
        yield service
    finally:
        process.terminate()
        ended(process, 60)


def _wait_until_it_listens(service: Following) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            assert service.serves() == "now.tar.gz"
        except OSError:
            time.sleep(0.3)
        else:
            return
    pytest.fail("it does not listen")


def test_a_release_and_its_rollback_lose_no_request(following: Following) -> None:
    stop = threading.Event()
    asking = [threading.Thread(target=following.ask_on, args=(stop,)) for _ in range(2)]
    for one in asking:
        one.start()

    following.name(model="new.tar.gz", previous="now.tar.gz")
    following.until("new.tar.gz")
    following.name(model="now.tar.gz", previous="new.tar.gz")
    following.until("now.tar.gz")

    stop.set()
    for one in asking:
        one.join()
    assert following.failed == []
    assert following.answered > 10


def test_a_model_that_does_not_load_leaves_the_one_that_serves(following: Following) -> None:
    following.name(model="broken.tar.gz", previous="now.tar.gz")
    deadline = time.monotonic() + START_SECONDS
    while "broken.tar.gz did not load" not in (following.room / "said").read_text("utf-8"):
        assert time.monotonic() < deadline
        assert following.serves() == "now.tar.gz"
        time.sleep(0.3)

    assert following.serves() == "now.tar.gz"


def test_the_port_is_free_again_when_the_one_who_holds_it_is_killed(following: Following) -> None:
    following.process.send_signal(signal.SIGKILL)
    following.process.wait()

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            following.serves()
        except OSError:
            return
        time.sleep(0.3)
    pytest.fail("it still answers")

"""A keyring file that changes while processes read it."""

import os
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from storage.errors import KeyringUnusable, KeysAway
from storage.keyring import Keyring, Purpose, create_keyring, load_keyring
from storage.keyring_file import KeyringFile
from tests.factories import NOON

TOMORROW = NOON + timedelta(days=1)


def grown(keyring: Keyring) -> Keyring:
    return keyring.with_new([Purpose.WRAP], now=TOMORROW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    return tmp_path / "keyring.json"


def test_another_process_sees_a_change_at_its_next_look(path: Path) -> None:
    mine, other = KeyringFile(path), KeyringFile(path)
    assert not other.refresh()

    mine.change(grown)

    assert other.refresh()
    assert other.current.keys == mine.current.keys == load_keyring(path).keys
    assert not other.refresh()


def test_two_that_change_it_lose_neither_change(path: Path) -> None:
    mine, other = KeyringFile(path), KeyringFile(path)

    mine.change(grown)
    other.change(grown)

    assert len(load_keyring(path).of(Purpose.WRAP)) == 3


def test_the_file_stays_private_and_no_draft_is_left(path: Path) -> None:
    KeyringFile(path).change(grown)

    assert path.stat().st_mode & 0o777 == 0o400
    names = {entry.name for entry in path.parent.iterdir()}
    assert names == {"keyring.json", "keyring.json.lock", "root.key"}


def test_the_bytes_of_the_file_before_are_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with path.open("rb") as old:
        KeyringFile(path).change(grown)
        left = old.read()

    assert left == bytes(len(before))


def test_a_draft_of_one_that_died_is_removed_at_the_next_change(path: Path) -> None:
    left = path.with_name(".keyring.json.0011223344556677")
    left.write_bytes(b"wrapped keys")
    left.chmod(0o400)

    KeyringFile(path).change(grown)

    assert not left.exists()


@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_keyring_that_cannot_be_read_now_leaves_the_one_in_hand(
    path: Path, content: bytes | None
) -> None:
    keyring = KeyringFile(path)
    before = keyring.current
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o400)

    with pytest.raises(KeysAway):
        keyring.refresh()
    assert keyring.current is before

    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    path.chmod(0o400)
    assert keyring.refresh()
    assert keyring.current.keys == before.keys


def test_another_installations_keyring_is_not_taken_over(path: Path, tmp_path: Path) -> None:
    keyring = KeyringFile(path)
    before = keyring.current
    create_keyring(tmp_path / "foreign.json", now=NOON)
    (tmp_path / "foreign.json").replace(path)

    with pytest.raises(KeysAway, match="another_installation"):
        keyring.refresh()
    assert keyring.current is before


CHANGE = """
import resource, sys
from datetime import datetime, UTC
from pathlib import Path
from storage.errors import KeyringUnusable
from storage.keyring import Purpose
from storage.keyring_file import KeyringFile
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
keyring = KeyringFile(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    keyring.change(lambda found: found.with_new([Purpose.WRAP], now=datetime.now(UTC)))
except KeyringUnusable as error:
    print(error.code)
"""


@pytest.mark.parametrize("room", [0, 100, 1500])
def test_a_full_disk_leaves_the_old_keyring_whole_and_names_it(path: Path, room: int) -> None:
    before = path.read_bytes()

    done = subprocess.run(
        [sys.executable, "-c", CHANGE, str(path), str(room)],
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == f"keyring_{load_keyring(path).id.hex[:8]}_not_writable\n"
    assert path.read_bytes() == before
    assert not list(path.parent.glob(".*"))
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != room


KILLED = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from storage.keyring import Purpose
from storage.keyring_file import KeyringFile
keyring = KeyringFile(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    keyring.change(lambda found: found.with_new([Purpose.WRAP], now=datetime.now(UTC)))
    keyring.change(lambda found: found.without({key.number for key in found.of(Purpose.WRAP)[:-1]}))
"""


@pytest.mark.parametrize("after", [0.001, 0.01, 0.03, 0.05, 0.1])
def test_a_kill_at_any_moment_leaves_a_whole_keyring(path: Path, after: float) -> None:
    before = load_keyring(path)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == b"ready\n"
        try:
            one.wait(after)
        except subprocess.TimeoutExpired:
            one.kill()

    left = load_keyring(path)
    assert left.id == before.id
    assert {key.purpose for key in left.keys} == set(Purpose)
    KeyringFile(path).change(grown)  # neither a lock nor a draft is in the way


def test_a_folder_that_cannot_be_written_is_said(path: Path) -> None:
    if os.geteuid() == 0:
        path.with_name("keyring.json.lock").mkdir()  # root may write everywhere else
    else:
        path.parent.chmod(0o500)

    with pytest.raises(KeyringUnusable, match="keyring_not_writable"):
        KeyringFile(path).change(grown)
    path.parent.chmod(0o700)

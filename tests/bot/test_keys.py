"""The keyring on the command line: no secret shown, nothing lost, one sentence when it is wrong."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.keyring import load_keyring
from storage.roots import FileRoot

ROOT = Path(__file__).resolve().parent.parent.parent


def bot(
    folder: Path, *command: str, typed: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=ROOT,
        env=own | {"GYEOT_HOME": str(folder)} | settings,
        check=False,
        capture_output=True,
        text=True,
        input=typed,
        timeout=120,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that was set up with no setting at all."""
    folder = tmp_path_factory.mktemp("house")
    assert bot(folder, "setup").returncode == 0
    return folder


def two_of(cards: str) -> str:
    """The second and third card, as somebody types them."""
    return cards[cards.index("Gyeot recovery card 2") :]


def test_setup_tells_that_nobody_has_tried_to_recover_until_somebody_has(tmp_path: Path) -> None:
    first = bot(tmp_path, "setup")
    assert "nobody has tried yet" in first.stdout

    cards = bot(tmp_path, "keys", "init", "--split").stdout
    drill = bot(tmp_path, "keys", "drill", typed=two_of(cards))

    assert drill.returncode == 0, drill.stderr
    assert "noted" in drill.stdout
    assert "nobody has tried yet" not in bot(tmp_path, "setup").stdout
    assert "recovery from paper was tested on" in bot(tmp_path, "keys", "status").stdout


def test_status_shows_ids_and_ages_and_never_a_value_or_a_path(house: Path) -> None:
    shown = bot(house, "keys", "status").stdout

    keyring = load_keyring(house / "keyring.json")
    assert keyring.id.hex[:8] in shown
    for key in keyring.keys:
        assert f"\n{key.number} " in shown
        assert key.purpose in shown
        assert base64.b64encode(key.secret).decode() not in shown
    assert str(house) not in shown
    assert "destroyed" not in shown.split("keys change")[0]  # each is the newest of its purpose


def test_a_rotation_on_the_same_day_does_nothing(house: Path) -> None:
    before = (house / "keyring.json").read_bytes()

    done = bot(house, "keys", "rotate")

    assert done.returncode == 0
    assert "keys made 0" in done.stdout
    assert (house / "keyring.json").read_bytes() == before


def test_a_lost_root_comes_back_from_two_cards(tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    keys = load_keyring(tmp_path / "keyring.json").keys
    cards = bot(tmp_path, "keys", "init", "--split").stdout
    (tmp_path / "root.key").unlink()
    lost = bot(tmp_path, "keys", "status")
    assert (lost.returncode, "root_absent" in lost.stderr) == (1, True)

    new = tmp_path / "new.key"
    done = bot(tmp_path, "keys", "recover", "--to", str(new), typed=two_of(cards))

    assert done.returncode == 0, done.stderr
    assert new.stat().st_mode & 0o777 == 0o400
    assert load_keyring(tmp_path / "keyring.json", FileRoot(new)).keys == keys
    assert bot(tmp_path, "keys", "status", GYEOT_ROOT=f"file:{new}").returncode == 0


def test_one_card_or_foreign_cards_are_refused_in_one_sentence(house: Path, tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    cards = bot(tmp_path, "keys", "init", "--split").stdout

    for typed, code in (
        ("", "two_cards_needed"),
        (two_of(cards)[: len(two_of(cards)) // 2 - 2], "two_cards_needed"),
        (two_of(cards), "root_does_not_open_key"),
    ):
        done = bot(house, "keys", "drill", typed=typed)
        assert done.returncode == 1
        assert code in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_the_root_can_be_changed_to_a_passphrase_and_nothing_is_lost(tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    keys = load_keyring(tmp_path / "keyring.json").keys
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    (secrets / "gyeot_root_passphrase").write_text("올바른 말\n")
    settings = {"GYEOT_ROOT": "passphrase", "GYEOT_SECRETS": str(secrets)}

    changed = bot(tmp_path, "keys", "init", "--from", "file", **settings)
    status = bot(tmp_path, "keys", "status", **settings)

    assert changed.returncode == 0, changed.stderr
    assert "wrapped by its root (passphrase)" in status.stdout
    again = bot(
        tmp_path, "keys", "init", "--from", "passphrase",
        GYEOT_ROOT="file", GYEOT_SECRETS=str(secrets),
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert load_keyring(tmp_path / "keyring.json").keys == keys


def test_a_keyring_from_before_the_root_is_wrapped_by_setup_without_loss(tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    path = tmp_path / "keyring.json"
    before = load_keyring(path)
    old = [key for key in before.keys if key.purpose != "audit"]
    entries = [
        {
            "id": key.number,
            "purpose": key.purpose.value,
            "key": base64.b64encode(key.secret).decode(),
            "created": key.created.isoformat(),
        }
        for key in old
    ]
    path.unlink()
    path.write_text(json.dumps({"format": 1, "id": before.id.hex, "entries": entries}))
    path.chmod(0o400)
    (tmp_path / "root.key").unlink()

    done = bot(tmp_path, "setup")

    assert done.returncode == 0, done.stderr
    after = load_keyring(path)
    assert list(after.keys[: len(old)]) == old
    assert [key.purpose for key in after.keys[len(old) :]] == ["audit"]
    assert "wrapped by its root now" in done.stdout


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("nonsense", "root_setting"),
        ("passphrase", "root_is_of_kind_file"),
        ("file:/nowhere/root.key", "root_absent"),
    ],
)
def test_a_wrong_root_is_said_in_one_sentence(house: Path, setting: str, code: str) -> None:
    done = bot(house, "keys", "status", GYEOT_ROOT=setting)

    assert done.returncode == 1
    assert code in done.stderr
    assert "/nowhere" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_window_outside_its_range_is_refused(house: Path) -> None:
    for days in ("0", "15"):
        done = bot(house, "keys", "status", GYEOT_BACKUP_DAYS=days)
        assert done.returncode == 1
        assert "GYEOT_BACKUP_DAYS" in done.stderr

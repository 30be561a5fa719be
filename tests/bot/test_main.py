"""The command line: one sentence when something is wrong, and nothing lost."""

import fcntl
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(folder: Path, **settings: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GYEOT_")}
    return own | {"GYEOT_HOME": str(folder)} | settings


def bot(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=ROOT,
        env=environment(folder, **settings),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_setup_makes_what_is_missing_and_invites_the_first_of_the_staff(tmp_path: Path) -> None:
    first = bot(tmp_path, "setup")
    again = bot(tmp_path, "setup")

    keyring = tmp_path / "keyring.json"
    assert first.returncode == again.returncode == 0
    assert "/console/join#" in first.stdout
    assert "made the keyring" not in again.stdout
    assert keyring.stat().st_mode & 0o777 == 0o400


def test_a_lost_keyring_is_never_replaced_by_a_new_one(tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    (tmp_path / "keyring.json").unlink()

    again = bot(tmp_path, "setup")

    assert again.returncode == 1
    assert "keyring_absent" in again.stderr
    assert not (tmp_path / "keyring.json").exists()


def test_a_keyring_of_another_installation_is_refused(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    bot(ours, "setup")
    bot(theirs, "setup")

    mixed = bot(ours, "setup", GYEOT_KEYRING=str(theirs / "keyring.json"))

    assert mixed.returncode == 1
    assert "keyring_of_another_installation" in mixed.stderr


def test_serving_without_a_keyring_ends_with_one_sentence(tmp_path: Path) -> None:
    served = bot(tmp_path, "serve")

    assert served.returncode == 1
    assert served.stderr.count("\n") == 1
    assert "keyring_absent" in served.stderr


def test_who_is_told_to_stop_while_starting_stops(tmp_path: Path) -> None:
    bot(tmp_path, "setup")
    own = environment(tmp_path, GYEOT_PORT="0")
    with closing(sqlite3.connect(tmp_path / "gyeot.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")  # holds the start at its first look into the database
        serving = subprocess.Popen([sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=own)
        try:
            _wait_until_held(tmp_path / "gyeot.lock")
            serving.terminate()
            other.execute("ROLLBACK")
            assert serving.wait(timeout=60) == 0
        finally:
            serving.kill()
            serving.wait()


def _wait_until_held(lock: Path) -> None:
    while True:
        with lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        time.sleep(0.1)


def test_wrong_settings_are_named_without_their_values(tmp_path: Path) -> None:
    refused = bot(tmp_path, "serve", GYEOT_PORT="canary-port", GYEOT_NLU_TOKEN="canary-token")
    half = bot(tmp_path, "serve", GYEOT_LINE_SECRET="canary-secret")

    assert (refused.returncode, half.returncode) == (1, 1)
    assert "GYEOT_PORT" in refused.stderr
    assert "GYEOT_LINE_TOKEN" in half.stderr
    assert "canary" not in refused.stderr + half.stderr


def test_a_database_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    away = "postgresql+psycopg://gyeot:canary-password@127.0.0.1:1/gyeot"

    refused = bot(tmp_path, "setup", GYEOT_DATABASE_URL=away)

    assert refused.returncode == 1
    assert "database cannot be used" in refused.stderr
    assert "canary" not in refused.stderr


def test_an_invitation_is_for_the_role_that_was_asked(tmp_path: Path) -> None:
    bot(tmp_path, "setup")

    invited = bot(tmp_path, "staff", "invite", "--role", "auditor")

    assert "for a auditor" not in invited.stdout
    assert "role: auditor" in invited.stdout


def test_a_reviewer_needs_no_keys_to_talk_or_to_check(tmp_path: Path) -> None:
    checked = bot(tmp_path, "content", "check")
    page = bot(tmp_path, "content", "preview", "tests/scenarios/talks/in-english.talk")
    refused = bot(tmp_path, "content", "preview", "README.md")

    assert checked.returncode == page.returncode == 0
    assert "sentences are valid" in checked.stdout
    assert page.stdout.startswith("<!doctype html>")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())

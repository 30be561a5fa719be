import base64
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.errors import KeyMissing, KeyringUnusable
from storage.keyring import Keyring, Purpose, create_keyring, load_keyring
from tests.factories import NOON

Document = dict[str, Any]


def test_what_was_made_can_be_loaded(tmp_path: Path) -> None:
    made = create_keyring(tmp_path / "keyring.json", now=NOON)

    loaded = load_keyring(tmp_path / "keyring.json")

    assert (loaded.id, loaded.keys) == (made.id, made.keys)
    assert {key.purpose for key in loaded.keys} == set(Purpose)
    assert len({key.secret for key in loaded.keys}) == len(Purpose)
    assert {len(key.secret) for key in loaded.keys} == {32}


def test_a_new_keyring_can_sign_the_audit_log(tmp_path: Path) -> None:
    keyring = create_keyring(tmp_path / "keyring.json", now=NOON)

    seed = keyring.newest(Purpose.AUDIT).secret

    assert len(Ed25519PrivateKey.from_private_bytes(seed).sign(b"a checkpoint")) == 64


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)

    assert stat.S_IMODE((tmp_path / "keyring.json").stat().st_mode) == 0o400
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]  # no draft is left


def test_it_is_never_overwritten(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    before = (tmp_path / "keyring.json").read_bytes()

    with pytest.raises(KeyringUnusable, match="keyring_exists"):
        create_keyring(tmp_path / "keyring.json", now=NOON)

    assert (tmp_path / "keyring.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable, match="keyring_not_writable"):
        create_keyring(tmp_path / "absent" / "keyring.json", now=NOON)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o402, 0o410, 0o401, 0o644])
def test_a_keyring_that_others_can_touch_is_refused(tmp_path: Path, mode: int) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    (tmp_path / "keyring.json").chmod(mode)

    with pytest.raises(KeyringUnusable, match="keyring_readable_by_others"):
        load_keyring(tmp_path / "keyring.json")


def test_an_absent_keyring_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable, match="keyring_absent"):
        load_keyring(tmp_path / "keyring.json")


def test_a_folder_is_no_keyring(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable):
        load_keyring(tmp_path)


def test_a_keyring_cut_anywhere_is_refused(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    whole = (tmp_path / "keyring.json").read_bytes().rstrip()
    for length in range(len(whole)):
        path = _written(tmp_path / f"cut-{length}", whole[:length])
        with pytest.raises(KeyringUnusable, match="keyring_malformed"):
            load_keyring(path)


BREAKS: dict[str, Callable[[Document], object]] = {
    "format": lambda d: d.update(format=2),
    "no_format": lambda d: d.pop("format"),
    "id": lambda d: d.update(id="x"),
    "id_type": lambda d: d.update(id=5),
    "no_entries": lambda d: d.update(entries=[]),
    "entries_type": lambda d: d.update(entries=5),
    "entry_type": lambda d: d.update(entries=["x"]),
    "purpose": lambda d: d["entries"][0].update(purpose="other"),
    "number_twice": lambda d: d["entries"][0].update(id=2),
    "number_zero": lambda d: d["entries"][0].update(id=0),
    "number_large": lambda d: d["entries"][0].update(id=2**32),
    "number_type": lambda d: d["entries"][0].update(id=True),
    "short_key": lambda d: d["entries"][0].update(key=base64.b64encode(b"x" * 31).decode()),
    "not_base64": lambda d: d["entries"][0].update(key="!" * 44),
    "created": lambda d: d["entries"][0].update(created="2026-11-25T12:00:00"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_malformed_keyring_is_refused_without_being_quoted(tmp_path: Path, name: str) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    document: Document = json.loads((tmp_path / "keyring.json").read_bytes())
    BREAKS[name](document)
    path = _written(tmp_path / "broken", json.dumps(document).encode())

    with pytest.raises(KeyringUnusable) as caught:
        load_keyring(path)

    assert str(caught.value) == "keyring_malformed"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"null", b"{}", b"[" * 100_000])
def test_what_is_no_keyring_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(KeyringUnusable):
        load_keyring(_written(tmp_path / "broken", content))


def test_the_newest_key_seals_and_older_ones_still_open(keyring: Keyring) -> None:
    old = keyring.newest(Purpose.WRAP)
    newer = type(old)(99, Purpose.WRAP, b"n" * 32, NOON)
    both = Keyring(keyring.id, (newer, *keyring.keys))

    assert both.newest(Purpose.WRAP) == newer
    assert both.key(old.number) == old


def test_a_key_that_is_not_there_is_missing(keyring: Keyring) -> None:
    with pytest.raises(KeyMissing):
        keyring.key(1234)
    with pytest.raises(KeyMissing):
        Keyring(keyring.id, ()).newest(Purpose.STAFF)


def test_printing_a_key_does_not_show_it(keyring: Keyring) -> None:
    key = keyring.newest(Purpose.STAFF)
    assert repr(key.secret) not in repr(key)
    assert repr(key.secret) not in repr(keyring)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o400)
    return path

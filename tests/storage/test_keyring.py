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
from storage.keyring_file import KeyringFile
from storage.roots import FileRoot
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
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o400
    assert _names(tmp_path) == {"keyring.json", "root.key"}  # no draft is left


def test_it_is_never_overwritten(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    before = (tmp_path / "keyring.json").read_bytes()

    with pytest.raises(KeyringUnusable, match="keyring_exists"):
        create_keyring(tmp_path / "keyring.json", now=NOON)

    assert (tmp_path / "keyring.json").read_bytes() == before
    assert _names(tmp_path) == {"keyring.json", "root.key"}


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
    "format": lambda d: d.update(format=3),
    "no_format": lambda d: d.pop("format"),
    "id": lambda d: d.update(id="x"),
    "id_type": lambda d: d.update(id=5),
    "no_entries": lambda d: d.update(entries=[]),
    "entries_type": lambda d: d.update(entries=5),
    "entry_type": lambda d: d.update(entries=["x"]),
    "purpose": lambda d: d["entries"][0].update(purpose="other"),
    "number_twice": lambda d: d["entries"].append(d["entries"][0]),
    "no_root": lambda d: d.pop("root"),
    "number_zero": lambda d: d["entries"][0].update(id=0),
    "number_large": lambda d: d["entries"][0].update(id=2**32),
    "number_type": lambda d: d["entries"][0].update(id=True),
    "short_key": lambda d: d["entries"][0].update(wrapped=base64.b64encode(b"x" * 33).decode()),
    "not_base64": lambda d: d["entries"][0].update(wrapped="!" * 44),
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


def test_no_key_stands_open_in_the_file(tmp_path: Path) -> None:
    keyring = create_keyring(tmp_path / "keyring.json", now=NOON)
    content = (tmp_path / "keyring.json").read_bytes()

    for key in keyring.keys:
        assert key.secret not in content
        assert base64.b64encode(key.secret) not in content


@pytest.mark.parametrize(
    "change", [{"id": 2000}, {"purpose": "staff"}, {"created": "2026-11-26T12:00:00+00:00"}]
)
def test_an_entry_opens_only_as_what_it_is(tmp_path: Path, change: dict[str, Any]) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    document: Document = json.loads((tmp_path / "keyring.json").read_bytes())
    document["entries"][0].update(change)
    path = _written(tmp_path / "moved", json.dumps(document).encode())

    with pytest.raises(KeyringUnusable, match=f"^root_does_not_open_key_.*{document['id'][:8]}$"):
        load_keyring(path)


def test_the_entries_of_another_keyring_do_not_open(tmp_path: Path) -> None:
    """Both under one root: what binds them is the keyring's id."""
    create_keyring(tmp_path / "one.json", now=NOON)
    create_keyring(tmp_path / "other.json", now=NOON)
    one, other = (json.loads((tmp_path / f"{name}.json").read_bytes()) for name in ("one", "other"))
    one["entries"] = other["entries"]

    with pytest.raises(KeyringUnusable, match="root_does_not_open_key_1_of"):
        load_keyring(_written(tmp_path / "mixed", json.dumps(one).encode()))


def test_without_its_root_a_keyring_is_refused(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    (tmp_path / "root.key").rename(tmp_path / "elsewhere")

    with pytest.raises(KeyringUnusable, match="root_absent"):
        load_keyring(tmp_path / "keyring.json")

    assert load_keyring(tmp_path / "keyring.json", FileRoot(tmp_path / "elsewhere")).keys


def test_with_another_root_it_is_refused_by_the_id_of_a_key(tmp_path: Path) -> None:
    keyring = create_keyring(tmp_path / "keyring.json", now=NOON)
    _written(tmp_path / "foreign.key", b"x" * 32)

    with pytest.raises(KeyringUnusable) as caught:
        load_keyring(tmp_path / "keyring.json", FileRoot(tmp_path / "foreign.key"))

    assert caught.value.code == f"root_does_not_open_key_1_of_{keyring.id.hex[:8]}"


def test_a_keyring_from_before_the_root_is_read_as_it_is(tmp_path: Path) -> None:
    path = _of_format_1(tmp_path)

    keyring = load_keyring(path)

    assert [key.secret for key in keyring.keys] == [bytes([number]) * 32 for number in (1, 2)]
    assert not (tmp_path / "root.key").exists()


def test_a_keyring_from_before_the_root_is_wrapped_without_loss(tmp_path: Path) -> None:
    path = _of_format_1(tmp_path)
    before = load_keyring(path)
    file = KeyringFile(path)
    assert not file.is_wrapped
    with pytest.raises(KeyringUnusable, match="keyring_not_wrapped_yet"):
        file.change(lambda keyring: keyring)

    file.change(lambda keyring: keyring, root=FileRoot(tmp_path / "root.key"))

    assert file.is_wrapped
    assert load_keyring(path).keys == before.keys
    assert base64.b64encode(b"\x01" * 32) not in path.read_bytes()


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


def _of_format_1(folder: Path) -> Path:
    entries = [
        {
            "id": number,
            "purpose": purpose,
            "key": base64.b64encode(bytes([number]) * 32).decode(),
            "created": "2026-11-01T12:00:00+00:00",
        }
        for number, purpose in enumerate(("wrap", "wrap_contact"), 1)
    ]
    document = {"format": 1, "id": "0" * 31 + "1", "entries": entries}
    return _written(folder / "keyring.json", json.dumps(document).encode())


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o400)
    return path

"""Where the root secret comes from, and what happens when it does not come."""

import json
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from storage.errors import KeyringUnusable, KeysAway
from storage.keyring import create_keyring, load_keyring
from storage.roots import FileRoot, KmsRoot, PassphraseRoot, Root, VaultRoot, make_root
from tests.factories import NOON
from tests.fakes.vault import MOUNT, NAME, TOKEN, FakeVault, vault_running

WORDS = "올바른 말 여러 개"


@pytest.fixture
def vault() -> Generator[FakeVault]:
    with vault_running() as fake:
        yield fake


def passphrase(words: str) -> Root:
    return PassphraseRoot(lambda: words)


def of_vault(fake: FakeVault, token: str = TOKEN) -> Root:
    return VaultRoot(fake.address, MOUNT, NAME, lambda: token)


def test_a_passphrase_opens_what_it_made(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"

    made = create_keyring(path, now=NOON, root=passphrase(WORDS))

    assert load_keyring(path, passphrase(WORDS)).keys == made.keys
    note = json.loads(path.read_bytes())["root"]
    assert (note["passes"], note["memory_kib"], note["lanes"]) == (3, 65536, 4)  # RFC 9106
    assert not (tmp_path / "root.key").exists()


def test_a_wrong_passphrase_is_refused_by_the_id_of_a_key(tmp_path: Path) -> None:
    made = create_keyring(tmp_path / "keyring.json", now=NOON, root=passphrase(WORDS))

    with pytest.raises(KeyringUnusable) as caught:
        load_keyring(tmp_path / "keyring.json", passphrase("falsch"))

    assert caught.value.code == f"root_does_not_open_key_1_of_{made.id.hex[:8]}"


def test_an_absent_passphrase_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnusable, match="root_passphrase_absent"):
        create_keyring(tmp_path / "keyring.json", now=NOON, root=passphrase(""))
    assert not (tmp_path / "keyring.json").exists()


@pytest.mark.parametrize(
    "change", [{"memory_kib": 2**40}, {"passes": 0}, {"lanes": 10**6}, {"salt": "!"}, {"salt": 5}]
)
def test_altered_parameters_do_not_eat_the_machine(
    tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path, now=NOON, root=passphrase(WORDS))
    document = json.loads(path.read_bytes())
    document["root"].update(change)
    path.unlink()
    path.write_text(json.dumps(document))
    path.chmod(0o400)

    with pytest.raises(KeyringUnusable, match="malformed"):
        load_keyring(path, passphrase(WORDS))


def test_vault_wraps_and_unwraps_and_never_sees_a_key(tmp_path: Path, vault: FakeVault) -> None:
    path = tmp_path / "keyring.json"

    made = create_keyring(path, now=NOON, root=of_vault(vault))

    assert load_keyring(path, of_vault(vault)).keys == made.keys
    assert vault.calls == ["/v1/transit/encrypt/gyeot", "/v1/transit/decrypt/gyeot"]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_vault_in_trouble_means_later(tmp_path: Path, vault: FakeVault, status: int) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON, root=of_vault(vault))
    vault.status = status

    with pytest.raises(KeysAway, match="root_away"):
        load_keyring(tmp_path / "keyring.json", of_vault(vault))


def test_a_vault_that_is_not_there_means_later(tmp_path: Path) -> None:
    nowhere = VaultRoot("http://127.0.0.1:1", MOUNT, NAME, lambda: TOKEN)

    with pytest.raises(KeysAway, match="root_away"):
        create_keyring(tmp_path / "keyring.json", now=NOON, root=nowhere)

    assert not (tmp_path / "keyring.json").exists()


def test_a_vault_that_refuses_says_so(tmp_path: Path, vault: FakeVault) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON, root=of_vault(vault))

    with pytest.raises(KeyringUnusable, match="root_refused"):
        load_keyring(tmp_path / "keyring.json", of_vault(vault, token="another"))


def test_the_key_of_another_vault_is_refused(tmp_path: Path, vault: FakeVault) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON, root=of_vault(vault))

    with vault_running() as other, pytest.raises(KeyringUnusable, match="root_refused"):
        load_keyring(tmp_path / "keyring.json", of_vault(other))


def test_another_kind_of_root_than_the_keyrings_is_said(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)

    with pytest.raises(KeyringUnusable, match="root_is_of_kind_file"):
        load_keyring(tmp_path / "keyring.json", passphrase(WORDS))


def test_kms_without_its_library_is_said_in_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)  # as if it were not installed

    with pytest.raises(KeyringUnusable, match="root_needs_boto3"):
        create_keyring(tmp_path / "keyring.json", now=NOON, root=KmsRoot("alias/gyeot"))


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644])
def test_a_root_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    (tmp_path / "root.key").chmod(mode)

    with pytest.raises(KeyringUnusable, match="root_readable_by_others"):
        load_keyring(tmp_path / "keyring.json")


def test_a_root_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    (tmp_path / "root.key").chmod(0o600)
    (tmp_path / "root.key").write_bytes(b"x" * 31)

    with pytest.raises(KeyringUnusable, match="root_malformed"):
        load_keyring(tmp_path / "keyring.json")


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("file", FileRoot),
        ("file:/etc/gyeot/root.key", FileRoot),
        ("passphrase", PassphraseRoot),
        ("vault:https://vault.example:8200/transit/gyeot", VaultRoot),
        ("aws-kms:alias/gyeot", KmsRoot),
    ],
)
def test_a_setting_names_its_root(setting: str, kind: type[Root]) -> None:
    root = make_root(setting, beside=Path("root.key"), passphrase=str, token=str)
    assert isinstance(root, kind)


@pytest.mark.parametrize("setting", ["", "x", "vault", "vault:x", "aws-kms:", "passphrase:open"])
def test_a_setting_that_names_none_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="root_setting"):
        make_root(setting, beside=Path("root.key"), passphrase=str, token=str)

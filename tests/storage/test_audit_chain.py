"""The chain's arithmetic, against RFC 6962's own vectors, and the signed note's form."""

import base64
from hashlib import sha256

import pytest

from storage import audit_chain, notes

# The inputs and roots of the reference trees (certificate-transparency, merkle_tree_test).
INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    leaves = [sha256(b"\0" + bytes.fromhex(one)).digest() for one in INPUTS[:size]]

    assert audit_chain.root(leaves).hex() == ROOTS[size - 1]


def test_a_link_depends_on_all_that_is_before_it_the_root_and_the_count() -> None:
    one = audit_chain.link(audit_chain.START, b"r" * 32, 3)

    assert one == sha256(bytes(32) + b"r" * 32 + (3).to_bytes(8)).digest()


def test_what_is_packed_is_unpacked_again() -> None:
    leaves = [(1, b"a" * 32), (7, b"b" * 32)]

    assert audit_chain.unpack(audit_chain.pack(leaves)) == dict(leaves)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    checkpoint = audit_chain.Checkpoint("gyeot-audit/x", 7, b"h" * 32)

    assert audit_chain.read_checkpoint(checkpoint.text) == checkpoint
    assert checkpoint.text.count("\n") == 3


@pytest.mark.parametrize("text", ["", "a\nb\nc\n", "a\n-1\nAA==\n", "a\n1\nAA==\n", "\n1\n\n"])
def test_something_else_is_no_checkpoint(text: str) -> None:
    with pytest.raises(notes.NoteMalformed):
        audit_chain.read_checkpoint(text)


def test_a_note_is_read_as_it_was_signed_and_by_no_other_key() -> None:
    seed, other = b"s" * 32, b"o" * 32
    note = notes.read(notes.write(notes.sign("a\nb\n", name="me", seed=seed)))

    assert (note.text, note.name) == ("a\nb\n", "me")
    assert notes.is_signed_by(note, notes.public_key(seed))
    assert not notes.is_signed_by(note, notes.public_key(other))


def test_a_changed_text_is_not_signed() -> None:
    written = notes.write(notes.sign("a\n7\n", name="me", seed=b"s" * 32))

    forged = notes.read(written.replace("7", "8", 1))

    assert not notes.is_signed_by(forged, notes.public_key(b"s" * 32))


def test_the_key_of_the_specification_signs_its_note() -> None:
    # C2SP signed-note.md's own example.
    verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    name, _, key = verifier.split("+", 2)

    public = base64.b64decode(key)[1:]
    note = notes.read(
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY"
        "C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )

    assert notes.verifier_key(name, public) == verifier
    assert notes.is_signed_by(note, public)


def test_a_file_of_notes_is_read_one_after_the_other() -> None:
    signed = [notes.sign(f"{number}\n", name="me", seed=b"s" * 32) for number in range(3)]
    written = [notes.write(one) for one in signed]

    assert [note.text for note in notes.read_all("\n".join(written))] == ["0\n", "1\n", "2\n"]


@pytest.mark.parametrize("text", ["hello\n", "a\n\n— me x\n", "a\n\n— me AAAA\n", "a\n— me AAAA\n"])
def test_a_file_with_something_else_in_it_is_refused(text: str) -> None:
    with pytest.raises(notes.NoteMalformed):
        list(notes.read_all(text))

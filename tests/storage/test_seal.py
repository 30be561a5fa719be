import os
import struct
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import SealBroken
from storage.seal import OVERHEAD, DataKey, Place, key_version, length_prefixed, seal, unseal

KEY = DataKey(7, os.urandom(32))
PLACE = Place("lines", "text_ct", uuid4(), uuid4(), "person", 3)

any_text = st.text(st.characters(exclude_categories=()))


@given(any_text)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unseal(KEY, seal(KEY, text, PLACE), PLACE) == text


@pytest.mark.parametrize(
    "text", ["", "\0", "\0" * 300, "\ud83d", "\ud83d\ude00", "a\0", "💙" * 999]
)
def test_awkward_texts_come_back_as_they_were(text: str) -> None:
    assert unseal(KEY, seal(KEY, text, PLACE), PLACE) == text


def test_the_layout_is_the_documented_one() -> None:
    blob = seal(KEY, "안녕", PLACE)

    assert struct.unpack(">BBI", blob[:6]) == (1, 1, 7)
    assert len(blob) == 6 + 12 + 256 + 16
    assert key_version(blob) == 7
    assert OVERHEAD == 34


@pytest.mark.parametrize(
    ("length", "padded"),
    {0: 256, 252: 256, 253: 1024, 1020: 1024, 1021: 2048, 2044: 2048}.items(),
)
def test_lengths_are_rounded_up(length: int, padded: int) -> None:
    assert len(seal(KEY, "a" * length, PLACE)) == padded + OVERHEAD


@pytest.mark.parametrize(
    ("length", "padded"), {2045: 4096, 4092: 4096, 4093: 8192, 9000: 12288}.items()
)
def test_long_texts_are_rounded_up_to_whole_pages(length: int, padded: int) -> None:
    assert len(seal(KEY, "a" * length, PLACE)) == padded + OVERHEAD


@pytest.mark.parametrize("letter", ["a", "가", "💙"])
def test_short_texts_have_at_most_two_sizes(letter: str) -> None:
    sizes = {len(seal(KEY, letter * length, PLACE)) for length in range(1, 201)}
    assert len(sizes) <= 2


def test_the_same_text_never_looks_the_same() -> None:
    assert len({seal(KEY, "네", PLACE) for _ in range(1000)}) == 1000


def test_every_flipped_byte_is_noticed() -> None:
    blob = seal(KEY, "도와주세요", PLACE)
    for index in range(len(blob)):
        altered = bytearray(blob)
        altered[index] ^= 0x01
        with pytest.raises(SealBroken):
            unseal(KEY, bytes(altered), PLACE)


def test_every_cut_is_noticed() -> None:
    blob = seal(KEY, "도와주세요", PLACE)
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            unseal(KEY, blob[:length], PLACE)
    with pytest.raises(SealBroken):
        unseal(KEY, blob + b"\0", PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, table="outbox"),
        replace(PLACE, column="body_ct"),
        replace(PLACE, conversation=uuid4()),
        replace(PLACE, conversation=None),
        replace(PLACE, row=uuid4()),
        replace(PLACE, direction="bot"),
        replace(PLACE, sequence=4),
        # The same bytes, cut at another border.
        replace(PLACE, table="line", column="stext_ct"),
    ],
)
def test_a_moved_value_does_not_open(elsewhere: Place) -> None:
    blob = seal(KEY, "도와주세요", PLACE)
    with pytest.raises(SealBroken):
        unseal(KEY, blob, elsewhere)


@pytest.mark.parametrize("key", [DataKey(7, os.urandom(32)), DataKey(8, KEY.secret)])
def test_another_key_does_not_open(key: DataKey) -> None:
    blob = seal(KEY, "도와주세요", PLACE)
    with pytest.raises(SealBroken):
        unseal(key, blob, PLACE)


@given(st.binary(max_size=400))
def test_foreign_bytes_are_refused_and_nothing_else(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, blob, PLACE)


@given(st.lists(st.binary(max_size=6)), st.lists(st.binary(max_size=6)))
def test_two_lists_of_fields_never_give_the_same_bytes(
    one: list[bytes], other: list[bytes]
) -> None:
    assert (length_prefixed(*one) == length_prefixed(*other)) == (one == other)


def test_a_row_id_is_its_sixteen_bytes() -> None:
    row = UUID(int=5)
    assert replace(PLACE, row=row).aad(1) == replace(PLACE, row=row.bytes).aad(1)


def test_neither_key_nor_error_shows_a_secret() -> None:
    blob = seal(KEY, "도와주세요", PLACE)
    with pytest.raises(SealBroken) as caught:
        unseal(KEY, blob, replace(PLACE, sequence=9))
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
    assert str(caught.value) == "tag"

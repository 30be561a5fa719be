"""The root on paper: any two of three cards give it back, and one alone says nothing."""

import os
from itertools import combinations
from pathlib import Path

import pytest

from storage import recovery
from storage.cards import combine, read_cards, split
from storage.errors import KeyringUnusable
from storage.keyring import create_keyring, load_keyring
from storage.keyring_file import KeyringFile
from storage.roots import FileRoot, PassphraseRoot
from tests.factories import NOON

SECRET = os.urandom(32)
CARDS = split(SECRET, keyring="1a2b3c4d")


def typed(*cards: object) -> str:
    return "\n\n".join(card.text() for card in cards)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pair", list(combinations(range(3), 2)))
def test_any_two_cards_give_the_secret_back(pair: tuple[int, int]) -> None:
    one, other = pair
    assert combine(read_cards(typed(CARDS[other], CARDS[one]))) == SECRET


def test_three_cards_do_too() -> None:
    assert combine(read_cards(typed(*CARDS))) == SECRET


def test_one_card_is_random_whatever_the_secret() -> None:
    """Each half is fresh: what stands on one card does not depend on the secret."""
    other = split(SECRET, keyring="1a2b3c4d")
    for mine, theirs in zip(CARDS, other, strict=True):
        assert not set(mine.halves.values()) & set(theirs.halves.values())
        first, second = mine.halves.values()
        assert bytes(a ^ b for a, b in zip(first, second, strict=True)) != SECRET
        assert SECRET not in mine.halves.values()


def test_one_card_is_not_enough() -> None:
    with pytest.raises(KeyringUnusable, match="two_cards_needed"):
        combine(read_cards(typed(CARDS[0], CARDS[0])))


def test_small_letters_and_other_spaces_are_taken() -> None:
    text = typed(CARDS[0], CARDS[2]).lower().replace(" ", "  ")
    assert combine(read_cards(text)) == SECRET


@pytest.mark.parametrize("place", [0, 10, 40, 60])
def test_a_mistyped_letter_is_found_and_named_by_card_and_line(place: int) -> None:
    head, first, second = CARDS[0].text().splitlines()
    start = first.index(":") + 2
    letters = list(first)
    place += start
    while letters[place] == " ":
        place += 1
    letters[place] = "A" if letters[place] != "A" else "B"

    with pytest.raises(KeyringUnusable, match="card_1_line_2_mistyped"):
        read_cards("\n".join([head, "".join(letters), second]))


def test_cards_of_two_keyrings_are_not_mixed() -> None:
    other = split(SECRET, keyring="99999999")
    with pytest.raises(KeyringUnusable, match="cards_of_two_keyrings"):
        combine(read_cards(typed(CARDS[0], other[1])))


def test_two_cards_open_a_scratch_keyring_and_leave_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    made = create_keyring(path, now=NOON, root=PassphraseRoot(lambda: "words"))
    keyring = KeyringFile(path, PassphraseRoot(lambda: "words"))
    cards = recovery.cards_of(keyring)
    before = {entry.name for entry in tmp_path.iterdir()}

    with recovery.rebuilt(path, read_cards(typed(*cards[:2]))) as scratch:
        assert scratch.current.keys == made.keys

    assert {entry.name for entry in tmp_path.iterdir()} == before


def test_cards_of_another_root_are_refused(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json", now=NOON)
    cards = split(os.urandom(32), keyring=load_keyring(tmp_path / "keyring.json").id.hex[:8])

    with (
        pytest.raises(KeyringUnusable, match="root_does_not_open"),
        recovery.rebuilt(tmp_path / "keyring.json", cards),
    ):
        pass


def test_a_lost_root_is_put_back_into_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    made = create_keyring(path, now=NOON)
    cards = recovery.cards_of(KeyringFile(path))
    (tmp_path / "root.key").unlink()

    recovery.put_back(path, cards[1:], to=tmp_path / "new.key")

    assert load_keyring(path, FileRoot(tmp_path / "new.key")).keys == made.keys


def test_a_test_of_recovery_counts_for_the_root_that_was_tested(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path, now=NOON)
    keyring = KeyringFile(path)
    assert recovery.last_test(keyring) is None

    recovery.note_test(keyring, now=NOON)
    assert recovery.last_test(keyring) == NOON

    keyring.change(lambda found: found, root=FileRoot(tmp_path / "new.key"))
    assert recovery.last_test(keyring) is None

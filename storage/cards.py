"""A secret on paper: three cards, any two of which give it back, and one alone says nothing.

For each pair of cards the secret is split in two by XOR with fresh random bytes, one half on
each card; so every card has two halves. No arithmetic beyond XOR is needed to get it back.
"""

import base64
import hashlib
import os
import re
from dataclasses import dataclass, field

from storage.errors import KeyringUnusable

PAIRS = ((1, 2), (1, 3), (2, 3))
_CHECK_BYTES = 5
_HEAD = re.compile(r"card\s+([123])\s+of\s+3\s+of\s+keyring\s+([0-9a-f]{8})", re.IGNORECASE)
_HALF = re.compile(r"with\s+card\s+([123])\s*:\s*([A-Z2-7\s-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """One of three cards; `halves` are by the number of the card each goes with."""

    keyring: str  # the first 8 digits of its id
    number: int
    halves: dict[int, bytes] = field(repr=False)

    def text(self) -> str:
        """Return what is written on the card; capitals and digits that are not mistaken."""
        lines = [f"Gyeot recovery card {self.number} of 3 of keyring {self.keyring}"]
        for other, half in sorted(self.halves.items()):
            content = half + _check(self.keyring, self.number, other, half)
            letters = base64.b32encode(content).decode().rstrip("=")
            groups = [letters[start : start + 4] for start in range(0, len(letters), 4)]
            lines.append(f"  with card {other}: {' '.join(groups)}")
        return "\n".join(lines)


def split(secret: bytes, *, keyring: str) -> tuple[Card, ...]:
    """Return three cards, each pair of which gives the secret back."""
    halves: dict[int, dict[int, bytes]] = {1: {}, 2: {}, 3: {}}
    for one, other in PAIRS:
        half = os.urandom(len(secret))
        halves[one][other] = half
        halves[other][one] = _xor(half, secret)
    return tuple(Card(keyring, number, halves[number]) for number in (1, 2, 3))


def read_cards(text: str) -> tuple[Card, ...]:
    """Read the cards that somebody typed in.

    Raises:
        KeyringUnusable: a line is incomplete or mistyped; the code names card and line.
    """
    parts = _HEAD.split(text)[1:]
    triples = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
    return tuple(_card(int(number), keyring.lower(), body) for number, keyring, body in triples)


def combine(cards: tuple[Card, ...]) -> bytes:
    """Return the secret of two cards.

    Raises:
        KeyringUnusable: these are not two different cards of one keyring.
    """
    numbers = {card.number: card for card in cards}
    if len(numbers) < 2:
        raise KeyringUnusable("two_cards_needed")
    if len({card.keyring for card in cards}) > 1:
        raise KeyringUnusable("cards_of_two_keyrings")
    one, other = sorted(numbers)[:2]
    return _xor(_half(numbers[one], other), _half(numbers[other], one))


def _half(card: Card, other: int) -> bytes:
    try:
        return card.halves[other]
    except KeyError:
        raise KeyringUnusable(f"card_{card.number}_lacks_line_{other}") from None


def _card(number: int, keyring: str, body: str) -> Card:
    halves: dict[int, bytes] = {}
    for line in body.splitlines():
        found = _HALF.search(line)
        if found is not None:
            other = int(found.group(1))
            halves[other] = _read_half(keyring, number, other, found.group(2))
    return Card(keyring, number, halves)


def _read_half(keyring: str, number: int, other: int, letters: str) -> bytes:
    packed = re.sub(r"[\s-]", "", letters).upper()
    try:
        content = base64.b32decode(packed + "=" * (-len(packed) % 8))
    except ValueError:
        content = b""
    half, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    if not half or check != _check(keyring, number, other, half):
        raise KeyringUnusable(f"card_{number}_line_{other}_mistyped")
    return half


def _check(keyring: str, number: int, other: int, half: bytes) -> bytes:
    label = f"gyeot card {keyring} {number} {other}:".encode()
    return hashlib.sha256(label + half).digest()[:_CHECK_BYTES]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))

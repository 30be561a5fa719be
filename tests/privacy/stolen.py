"""Made-up people who say who they are, and the search for them in what a thief would carry off."""

import base64
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

STEMS = {
    "name": "하늬솔빛",
    "english name": "Hanisol",
    "phone": "010-5590-71",
    "school": "버들내중학교",
    "handle": "moonrabbit_zq",
    "account": "Uc4f19e77a0",
    "message": "8812004417",
    "answer": "곁에서 카나리아",
    "memory": "canary_topic",
    "seed": "CANARYSEEDQZ",
}
"""What every made-up name, number, word and account begins with: one search finds all of them."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist, and all they say about themselves."""

    account: str
    message: str
    said: Sequence[str]
    answered: str
    memory: str


def people(count: int, seed: int = 20261128) -> Iterator[Person]:
    """Make up people, the same ones for a seed."""
    dice = random.Random(seed)
    for number in range(count):
        name, phone = f"{STEMS['name']}{number}", f"{STEMS['phone']}{dice.randrange(100):02}"
        school = f"{dice.choice(['', '저는 '])}{STEMS['school']} {dice.randrange(1, 4)}학년"
        handle = f"@{STEMS['handle']}{dice.randrange(10_000)}"
        said = [
            f"안녕하세요 {name}예요, {school}이에요",
            f"제 번호는 {phone} 이고 그 사람 아이디는 {handle} 예요",
            f"my name is {STEMS['english name']}{number}, please call {phone}",
        ]
        yield Person(
            account=f"{STEMS['account']}{number:022x}",
            message=f"{STEMS['message']}{number:08}",
            said=dice.sample(said, k=dice.randrange(1, 4)),
            answered=f"{STEMS['answer']} {name}님, {handle} 는 차단해도 돼요",
            memory=f'{{"topic": "{STEMS["memory"]}{number}"}}',
        )


def forms(word: str) -> Mapping[str, bytes]:
    """The ways in which a word may lie on a disk, whatever stands before it."""
    plain = word.encode()
    escaped = json.dumps(word)[1:-1]
    found = {
        "utf-8": plain,
        "utf-16-le": word.encode("utf-16-le"),
        "utf-16-be": word.encode("utf-16-be"),
        "url": quote(word, safe="").encode(),
        "url, lower case": quote(word, safe="").lower().encode(),
        "json": escaped.encode(),
        "json, upper case": escaped.upper().replace("\\U", "\\u").encode(),
        "hex": plain.hex().encode(),
        "hex, upper case": plain.hex().upper().encode(),
    }
    for before in range(3):
        found[f"base64 after {before} bytes"] = _base64(plain, before)
    return found


def _base64(plain: bytes, before: int) -> bytes:
    """What is always the same in base64 of a text that holds these bytes at this alignment."""
    whole = base64.b64encode(b"\0" * before + plain)
    changed = -(-before * 8 // 6)
    sure = (before + len(plain)) * 8 // 6
    return whole[changed:sure]


def found(places: Iterable[Path], words: Mapping[str, str] = STEMS) -> set[str]:
    """Return which words lie in which files, by their names alone."""
    patterns = {
        (name, how): form for name, word in words.items() for how, form in forms(word).items()
    }
    hits = set()
    for path in places:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # a running server removes files of its own
            continue
        hits |= {
            f"{name} ({how}) in {path.name}"
            for (name, how), form in patterns.items()
            if form in content
        }
    return hits

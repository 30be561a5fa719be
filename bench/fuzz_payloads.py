"""A million mutated payloads: no bytes may make an adapter raise anything but its two errors.

.venv/bin/python -m bench.fuzz_payloads [--count 1000000] [--seed 1]
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.channels.base import Channel, InvalidPayload, InvalidSignature
from tests.contracts.case import NOWHERE, Case
from tests.contracts.cases import CASES
from tests.contracts.cases_kakao import skill_case

HEAD = "| adapter | payloads | read | nothing for us | refused | faults | µs each |\n"
HEAD += "|---" * 7 + "|"
ODD: Sequence[object] = (
    None, True, -1, 2**63, 1e300, "", "\x00", "\ud83d", "\u202e거꾸로", "ㅎ" * 5000, [], {},
    [[[[]]]], {"a": {"b": {}}},
)  # fmt: skip


@dataclass
class Tally:
    """What one adapter made of its share."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """Run, print a table in Markdown, and fail if anything else was raised."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    cases = [*CASES.values(), skill_case()]
    share = -(-wanted.count // len(cases))
    tallies = [fuzz(case, share, random.Random(wanted.seed)) for case in cases]
    print(HEAD)
    for tally in tallies:
        counts = [tally.outcomes[kind] for kind in ("read", "nothing", "refused")]
        cells = [tally.name, share, *counts, len(tally.faults), round(tally.seconds / share * 1e6)]
        print("| " + " | ".join(map(str, cells)) + " |")
    return 1 if any(tally.faults for tally in tallies) else 0


def fuzz(case: Case, count: int, chance: random.Random) -> Tally:
    """Feed one adapter `count` mutants of genuine payloads, each with a proof that fits it."""
    channel = case.build(NOWHERE, 1.0)
    seeds = [case.body(event) for event in _events(case)]
    tally = Tally(case.name)
    started = time.perf_counter()
    for _ in range(count):
        _feed(channel, case, chance.choice(MUTATIONS)(chance.choice(seeds), chance), tally)
    tally.seconds = time.perf_counter() - started
    return tally


def _events(case: Case) -> Sequence[object]:
    person = case.person
    kinds = [event for event, *_ in case.kinds.values()]
    return [person.says("안녕하세요"), person.presses("ask:person"), *kinds, *case.ignored]


def _feed(channel: Channel, case: Case, body: bytes, tally: Tally) -> None:
    try:
        messages = channel.parse(body, case.proof(body))
        for message in messages:
            message.text.encode("utf-8")
        tally.outcomes["read" if messages else "nothing"] += 1
    except (InvalidPayload, InvalidSignature):
        tally.outcomes["refused"] += 1
    except Exception as fault:
        tally.faults.append(type(fault).__name__)
        if len(tally.faults) <= 3:
            print(f"{case.name}: {type(fault).__name__} for {body[:300]!r}", file=sys.stderr)


def _flip(body: bytes, chance: random.Random) -> bytes:
    mutant = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        mutant[chance.randrange(len(mutant))] = chance.randrange(256)
    return bytes(mutant)


def _cut(body: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(body)) for _ in range(2))
    return body[:start] + body[end:]


def _repeat(body: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(body)) for _ in range(2))
    return body[:end] + body[start:]


def _swap_value(body: bytes, chance: random.Random) -> bytes:
    """Put something odd in the place of a value somewhere in the tree."""
    tree = json.loads(body)
    place = tree
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = chance.choice(keys)
        if not isinstance(place[key], dict | list) or chance.random() < 0.3:
            place[key] = chance.choice(ODD)
            break
        place = place[key]
    return json.dumps(tree).encode()


def _drop_key(body: bytes, chance: random.Random) -> bytes:
    """Take a member away somewhere in the tree."""
    tree = json.loads(body)
    place = tree
    while isinstance(place, dict | list) and place:
        key = chance.choice(list(place) if isinstance(place, dict) else list(range(len(place))))
        if not isinstance(place[key], dict | list) or chance.random() < 0.3:
            del place[key]
            break
        place = place[key]
    return json.dumps(tree).encode()


MUTATIONS: Sequence[Callable[[bytes, random.Random], bytes]] = (
    _flip, _cut, _repeat, _swap_value, _swap_value, _swap_value, _drop_key,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

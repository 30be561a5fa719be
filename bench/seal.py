"""What sealing costs of an accepted message, and the single steps beside openssl's own speed.

.venv/bin/python -m bench.seal [--short]
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from cryptography.fernet import Fernet

from bench import accepts
from bench.command import Options, report
from bench.figures import table, verdict
from bench.line_calls import WORDS, request
from bot import event_body
from bot.channels.line import make_line
from storage import places
from storage.engines import keys_engine
from storage.keyring import Purpose, create_keyring
from storage.keystore import KeyStore, WrappedKey
from storage.seal import DataKey, seal, unseal
from storage.vault import Vault
from tests.fakes.line import SECRET, TOKEN, LinePerson

ROUNDS = 20_000
GOAL = 2.0  # percent


async def measure(options: Options) -> str:
    """Run everything; return Markdown."""
    door = await accepts.front_door_on_sqlite(options)
    accept = door.full.cpu_each or float("nan")
    body, key = _body(), _key(options)
    place = places.inbox_body(uuid4(), "line", b"\0" * 32)
    fernet = Fernet(Fernet.generate_key())
    rounds = options.count(ROUNDS)
    sealing = _each(lambda: seal(key, body, place), rounds)
    rows = [
        (f"the whole accept, front door on SQLite ({door.full.rate:,.0f}/s)", accept, None),
        ("sealing its body: padding, place, AES-256-GCM", sealing, sealing / accept * 100),
        ("the same body with Fernet", _each(lambda: fernet.encrypt(body.encode()), rounds), None),
    ]
    rows += _steps(options, rounds)
    share = sealing / accept * 100
    target = ("sealing share of an accept, %", share, f"≤ {GOAL:.0f}")
    return "\n\n".join(
        [
            table(("what", "CPU µs", "% of an accept"), rows),
            table(
                ("target", "measured", "goal", ""),
                [(*target, verdict(share, GOAL, at_most=True))],
            ),
        ]
    )


def _steps(options: Options, rounds: int) -> list[tuple[str, float, None]]:
    """Measure one step of the vault each, and what openssl does with 256 bytes alone."""
    vault, wrapped = _vault(options)
    key, place = vault.intake_key(), places.inbox_body(uuid4(), "line", b"\0" * 32)
    words = "가" * 66  # 198 bytes
    blob = seal(key, words, place)
    return [
        ("sealing 200 bytes of Korean", _each(lambda: seal(key, words, place), rounds), None),
        ("opening them", _each(lambda: unseal(key, blob, place), rounds), None),
        ("unwrapping a data key", _each(lambda: vault._unwrap(wrapped), rounds), None),
        ("a pseudonym", _each(lambda: vault.pseudonym("line", "U" + "5a" * 16), rounds), None),
        ("`openssl speed -evp aes-256-gcm -bytes 256`", _openssl(options), None),
    ]


def _openssl(options: Options) -> float:
    """Return the microseconds that the system's openssl takes for 256 bytes; NaN without it."""
    program = shutil.which("openssl")
    if program is None:
        return float("nan")
    seconds = "1" if options.short else "3"
    spoken = subprocess.run(
        [program, "speed", "-seconds", seconds, "-bytes", "256", "-evp", "aes-256-gcm", "-mr"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    rate = next(line for line in spoken.splitlines() if line.startswith("+F:")).split(":")[-1]
    return 256 / float(rate) * 1e6


def _vault(options: Options) -> tuple[Vault, WrappedKey]:
    keyring = create_keyring(options.folder / "steps.json", now=datetime.now(UTC))
    vault = Vault(
        keyring, KeyStore(keys_engine(f"sqlite+aiosqlite:///{options.folder}/x.db", None))
    )
    key = DataKey(1, os.urandom(32))
    return vault, vault._wrap(uuid4(), key, Purpose.WRAP, made_at=datetime.now(UTC))


def _each(do: Callable[[], object], rounds: int) -> float:
    """Return the processor's microseconds one call takes, the best of five tries."""
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds // 5):
            do()
        best = min(best, (time.process_time() - began) / (rounds // 5))
    return best * 1e6


def _body() -> str:
    """Return what is sealed for one message on LINE."""
    call = request(LinePerson().says(WORDS))
    head, _, body = call.partition(b"\r\n\r\n")
    fields = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    headers = dict(fields)
    return event_body.dump(make_line(SECRET, TOKEN).parse(body, headers)[0])


def _key(options: Options) -> DataKey:
    keyring = create_keyring(options.folder / "seal.json", now=datetime.now(UTC))
    newest = keyring.keys[0]
    return DataKey(newest.number, newest.secret)


if __name__ == "__main__":
    report(measure, "Sealing's share")

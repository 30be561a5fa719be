import stat
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from storage.errors import LedgerDamaged, LedgerMissing
from storage.ledger import Erasure, Ledger, ledger_path
from tests.factories import NOON

KEYRING = UUID(int=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "keyring.json.erased", KEYRING)
    made.begin()
    return made


def test_it_lies_beside_the_keyring() -> None:
    assert ledger_path(Path("/keys/ring.json")) == Path("/keys/ring.json.erased")


def test_what_was_appended_is_read_in_order(ledger: Ledger) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()

    ledger.append([one, two], now=NOON)
    ledger.append([three], now=NOON + timedelta(seconds=1))

    later = NOON + timedelta(seconds=1)
    assert ledger.read() == (Erasure(one, NOON), Erasure(two, NOON), Erasure(three, later))


def test_only_its_owner_may_touch_it(ledger: Ledger) -> None:
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600


def test_beginning_again_keeps_what_is_there(ledger: Ledger) -> None:
    ledger.append([uuid4()], now=NOON)

    ledger.begin()

    assert len(ledger.read()) == 1


def test_an_absent_ledger_is_never_made_by_reading_or_appending(tmp_path: Path) -> None:
    absent = Ledger(tmp_path / "absent", KEYRING)

    with pytest.raises(LedgerMissing, match="ledger_missing"):
        absent.read()
    with pytest.raises(LedgerMissing, match="ledger_missing"):
        absent.append([uuid4()], now=NOON)

    assert not absent.exists


def test_the_ledger_of_another_keyring_is_refused(ledger: Ledger) -> None:
    other = Ledger(ledger.path, UUID(int=2))

    with pytest.raises(LedgerDamaged, match="ledger_damaged"):
        other.read()
    with pytest.raises(LedgerDamaged, match="ledger_damaged"):
        other.append([uuid4()], now=NOON)


def test_every_byte_that_is_altered_is_seen(ledger: Ledger) -> None:
    ledger.append([uuid4(), uuid4()], now=NOON)
    sound = ledger.path.read_bytes()

    for place in range(len(sound)):
        for other in (0x01, 0x80):
            ledger.path.write_bytes(_flipped(sound, place, other))
            with pytest.raises(LedgerDamaged):
                ledger.read()


@pytest.mark.parametrize("order", [(0, 2, 3), (0, 1, 3), (1, 2, 3), (0, 2, 1, 3), (0, 1, 1, 2)])
def test_a_line_that_was_cut_out_or_moved_is_seen(ledger: Ledger, order: tuple[int, ...]) -> None:
    ledger.append([uuid4(), uuid4(), uuid4()], now=NOON)
    lines = ledger.path.read_bytes().splitlines(keepends=True)

    ledger.path.write_bytes(b"".join(lines[number] for number in order))

    with pytest.raises(LedgerDamaged, match="ledger_damaged"):
        ledger.read()


def test_a_torn_last_line_is_passed_over_and_the_next_takes_its_place(ledger: Ledger) -> None:
    ledger.append([uuid4()], now=NOON)
    start = ledger.path.stat().st_size
    ledger.append([uuid4()], now=NOON)
    whole = ledger.path.read_bytes()

    for length in range(start + 1, len(whole) - 1):
        ledger.path.write_bytes(whole[:length])
        assert len(ledger.read()) == 1
        last = uuid4()
        ledger.append([last], now=NOON)
        assert [one.owner for one in ledger.read()][1:] == [last]


def test_a_last_line_that_lacks_only_its_end_counts(ledger: Ledger) -> None:
    one, two = uuid4(), uuid4()
    ledger.append([one], now=NOON)
    ledger.path.write_bytes(ledger.path.read_bytes()[:-1])

    assert [erasure.owner for erasure in ledger.read()] == [one]
    ledger.append([two], now=NOON)

    assert [erasure.owner for erasure in ledger.read()] == [one, two]


def test_a_ledger_whose_beginning_was_torn_is_begun_again(ledger: Ledger) -> None:
    whole = ledger.path.read_bytes()

    for length in range(len(whole)):
        ledger.path.write_bytes(whole[:length])
        with pytest.raises(LedgerDamaged):
            ledger.read()
        ledger.begin()
        assert ledger.read() == ()


def test_several_processes_write_one_ledger(ledger: Ledger) -> None:
    context = get_context("spawn")
    together = context.Barrier(3)
    with ProcessPoolExecutor(
        3, mp_context=context, initializer=_meet, initargs=(together,)
    ) as pool:
        written = [one for some in pool.map(_append_many, [ledger.path] * 3) for one in some]

    assert sorted(one.owner for one in ledger.read()) == sorted(written)


_together: list[Barrier] = []


def _meet(barrier: Barrier) -> None:
    _together.append(barrier)


def _append_many(path: Path) -> list[UUID]:
    _together[0].wait(60)
    owners = [uuid4() for _ in range(60)]
    for one, two in zip(owners[::2], owners[1::2], strict=True):
        Ledger(path, KEYRING).append([one, two], now=NOON)
    return owners


def _flipped(content: bytes, place: int, bits: int) -> bytes:
    return content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]

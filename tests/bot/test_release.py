"""Numbers for the public: drawn once, as a month is published; what was spent is said."""

import csv
import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import release
from bot.refused import Refused
from storage import metrics, releases, tallies
from storage.database import Database
from storage.errors import NoiseMissing
from storage.metrics import Public, publish_due
from storage.noise import Noise, laplace
from storage.records import Risk
from storage.releases import Release
from storage.suppression import STEP
from storage.tables import metric_counts, metric_published, metric_released
from tests.factories import NOON

MONTH = "2026-11"  # NOON is in it
LATER = datetime.fromisoformat("2026-12-02T00:00:00+00:00")
WITH_OPENDP = pytest.mark.skipif(find_spec("opendp") is None, reason="OpenDP is not installed")


async def ends(database: Database, count: int) -> None:
    async with database.transaction() as session:
        for _ in range(count):
            tallies.ended(
                session, channel="web", risk=Risk.NONE, topic=None, outcome="heard",
                with_person=True, now=NOON,
            )  # fmt: skip


async def drawn(database: Database, noise: Noise, *, epsilon: float = 0.5) -> Release:
    """A month whose noise is known, so that no library is needed to look at what follows."""
    async with database.transaction() as session:
        counts = {("ends", "none", "heard"): 40, ("ends_by_topic", "none", "other"): 40}
        await releases.draw(session, MONTH, counts, epsilon=epsilon, noise=noise)
    async with database.reading() as session:
        found = await releases.of_month(session, MONTH)
    assert found is not None
    return found


async def rows_in(database: Database) -> tuple[int, int, int]:
    async with database.reading() as session:
        tables = (metric_counts, metric_published, metric_released)
        return tuple(  # type: ignore[return-value]  # three of them
            [(await session.execute(select(func.count()).select_from(one))).scalar_one()
             for one in tables]
        )  # fmt: skip


async def asked(database: Database, folder: Path, *, epsilon: float | None = None) -> str:
    return await release.released(database, MONTH, epsilon, folder, now=LATER)


async def test_every_cell_of_both_tables_is_drawn_and_what_they_cost_is_added(
    database: Database,
) -> None:
    found = await drawn(database, lambda counts: [count - 3 for count in counts])
    assert found.counts["ends", "none", "heard"] == 37
    assert found.counts["ends", "high", "emergency"] == -3  # nothing is hidden: noise hides it
    assert (found.epsilon, found.tables, found.spent) == (0.5, 2, 1.0)


async def test_a_second_draw_changes_nothing(database: Database) -> None:
    first = await drawn(database, lambda counts: [count + 1 for count in counts])
    assert await drawn(database, lambda counts: [count + 9 for count in counts]) == first


async def test_a_second_draw_that_is_asked_for_is_refused_and_the_first_is_written(
    database: Database, tmp_path: Path
) -> None:
    await drawn(database, list)
    with pytest.raises(Refused, match="drawn already, with epsilon 1"):
        await asked(database, tmp_path, epsilon=2.0)
    said = await asked(database, tmp_path)
    assert "epsilon 0.5 for each of 2 tables, 1 in all for 2026-11" in said
    lines = (tmp_path / f"gyeot-{MONTH}-public.csv").read_text("utf-8").splitlines()
    assert "epsilon 0.5" in lines[0]
    assert ["ends", MONTH, "none", "heard", "40"] in list(csv.reader(lines[1:]))


async def test_a_month_that_was_published_without_noise_is_never_drawn(
    database: Database, tmp_path: Path
) -> None:
    await ends(database, 40)
    await publish_due(database, now=LATER)
    for epsilon in (None, *([1.0] if find_spec("opendp") else [])):
        with pytest.raises(Refused, match="true counts are gone"):
            await asked(database, tmp_path, epsilon=epsilon)
    assert (await rows_in(database))[2] == 0


async def test_without_its_library_nothing_is_published_and_one_sentence_says_what_to_install(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)  # as if it were not installed
    await ends(database, 40)
    with pytest.raises(NoiseMissing, match="needs_opendp"):
        await asked(database, tmp_path, epsilon=1.0)
    with pytest.raises(NoiseMissing, match="needs_opendp"):
        release.public(1.0)  # as `serve` does at its start
    assert await rows_in(database) == (2, 0, 0)
    assert "requirements-dp.txt" in release.INSTALL
    assert release.public(None) is None


@pytest.mark.parametrize("month", ["2026-12", "2027-01", "2026", "2026-13", "2026-W48", ""])
async def test_what_is_no_month_or_is_not_over_is_refused(
    database: Database, tmp_path: Path, month: str
) -> None:
    with pytest.raises(Refused, match=r"not over|name a month"):
        await release.released(database, month, 1.0, tmp_path, now=LATER)


@pytest.mark.parametrize("epsilon", [0.0, -1.0, 11.0, float("nan"), float("inf")])
async def test_an_epsilon_that_hides_nobody_is_refused(
    database: Database, tmp_path: Path, epsilon: float
) -> None:
    with pytest.raises(Refused, match="epsilon"):
        await asked(database, tmp_path, epsilon=epsilon)


@WITH_OPENDP
async def test_a_month_is_drawn_in_the_step_that_publishes_it_and_stays(
    database: Database, tmp_path: Path
) -> None:
    await ends(database, 40)
    said = await asked(database, tmp_path, epsilon=1.0)
    assert "epsilon 0.5 for each of 2 tables" in said
    counts, published, cells = await rows_in(database)
    assert (counts, cells) == (0, 48)
    assert published
    path = tmp_path / f"gyeot-{MONTH}-public.csv"
    first = path.read_text("utf-8")
    await publish_due(database, now=LATER, public=Public(5.0))
    await asked(database, tmp_path)
    assert path.read_text("utf-8") == first


@WITH_OPENDP
async def test_where_every_month_is_drawn_each_is_drawn_as_it_is_published(
    database: Database,
) -> None:
    await ends(database, 40)
    await publish_due(database, now=LATER, public=release.public(1.0))
    async with database.reading() as session:
        found = await releases.of_month(session, MONTH)
        staff = await metrics.published(session, ["ends"])
    assert found is not None
    assert found.spent == pytest.approx(1.0)
    shown = staff[MONTH].values()  # what staff see is hidden and rounded, and not noisy
    assert all(count is None or count % STEP == 0 for count in shown)


@WITH_OPENDP
def test_the_noise_is_that_of_discrete_laplace_and_never_the_same_twice() -> None:
    """For epsilon 1 nothing is added 46 times of a hundred: (e - 1) / (e + 1)."""
    noise = laplace(1.0)
    many = [noise([7, 0])[0] - 7 for _ in range(3_000)]
    assert 0.40 < many.count(0) / len(many) < 0.52
    assert max(map(abs, many)) < 40
    assert -0.2 < sum(many) / len(many) < 0.2
    wide = laplace(0.1)
    assert len({tuple(wide([0] * 20)) for _ in range(20)}) == 20

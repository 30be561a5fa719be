"""An attack on published tables: what can anybody work out about what is not shown?

The attacker holds every figure that was ever published, of all periods and tables at once, knows
the declared tables, how figures are rounded, and how many events there were in each family and
period, as if somebody had told. They know besides how a talk goes: who ends has arrived, who
waited was handed off, a person answers before a talk ends with one. Each is a rule over unknown
whole numbers; their bounds are narrowed again and again until nothing moves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from storage.metric_tables import BEGUN, BOT_ONLY, FAMILIES, FILED, OVER, SIGNED, WAITS, Family
from storage.periods import end_of
from storage.suppression import LEAST, STEP, TOTAL, Cell

Number = tuple[str, str, str, str]
"""Table, period, row, column."""
Bounds = tuple[int, int]
Terms = tuple[tuple[int, Number], ...]
_MANY = 10**9


@dataclass
class Attack:
    """What is known of every number, and the rules that tie them.

    Args:
        shown: the published figures, None for what is not shown.
        exact: the counts before rounding, as if rounding hid nothing; None: as published.
    """

    shown: Mapping[Number, int | None]
    exact: Mapping[Number, int] | None = None
    bounds: dict[Number, Bounds] = field(default_factory=dict)
    rules: list[tuple[Terms, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, count in self.shown.items():
            self.bounds[number] = (0, _MANY) if count is None else self._told(number, count)

    def _told(self, number: Number, count: int) -> Bounds:
        if self.exact is not None:
            return self.exact[number], self.exact[number]
        return max(LEAST, count - STEP // 2), count + STEP // 2

    def empty(self, numbers: Iterable[Number]) -> None:
        """Learn that some numbers are 0."""
        self.bounds.update(dict.fromkeys(numbers, (0, 0)))

    def learn(self, terms: Iterable[tuple[int, Number]], low: int, high: int = _MANY) -> None:
        """Learn that a weighted sum lies between two numbers."""
        known = tuple(terms)
        self.rules.append((known, low, high))
        for _, number in known:
            self.bounds.setdefault(number, (0, _MANY))

    def same(self, one: Number, parts: Iterable[Number]) -> None:
        """Learn that some numbers make another one."""
        self.learn([(-1, one), *((1, part) for part in parts)], 0, 0)

    def run(self) -> Mapping[Number, Bounds]:
        """Return how closely each number that is not shown can be known."""
        tied: dict[Number, list[int]] = {}
        for place, (terms, _, _) in enumerate(self.rules):
            for _, number in terms:
                tied.setdefault(number, []).append(place)
        waiting = dict.fromkeys(range(len(self.rules)))
        while waiting:
            place = next(iter(waiting))
            del waiting[place]
            for number in self._narrow(*self.rules[place]):
                waiting.update(dict.fromkeys(tied[number]))
        return {one: span for one, span in self.bounds.items() if self.shown.get(one) is None}

    def _narrow(self, terms: Terms, low: int, high: int) -> list[Number]:
        spans = [_times(weight, self.bounds[number]) for weight, number in terms]
        least, most = sum(span[0] for span in spans), sum(span[1] for span in spans)
        assert least <= high, "what was published contradicts itself"
        assert most >= low, "what was published contradicts itself"
        moved = []
        for (weight, number), (own_low, own_high) in zip(terms, spans, strict=True):
            new = max(own_low, low - (most - own_high)), min(own_high, high - (least - own_low))
            if new != (own_low, own_high):
                self.bounds[number] = _times(weight, new)
                moved.append(number)
        return moved


def _times(weight: int, span: Bounds) -> Bounds:
    return span if weight == 1 else (-span[1], -span[0])


def attacked(
    family: Family,
    published: Mapping[Cell, int | None],
    *,
    everything: int,
    exact: Mapping[Cell, int] | None = None,
) -> Mapping[Cell, Bounds]:
    """Attack one period of one family; return how closely each hidden cell can be known."""
    attack = Attack(_in_period(published), None if exact is None else _in_period(exact))
    rows_of(attack, family, _ONE)
    all_of(attack, family, _ONE, everything)
    return {(name, row, column): span for (name, _, row, column), span in attack.run().items()}


_ONE = "one period"
_Count = TypeVar("_Count", int, int | None)


def _in_period(counts: Mapping[Cell, _Count]) -> Mapping[Number, _Count]:
    return {(name, _ONE, row, column): count for (name, row, column), count in counts.items()}


def rows_of(attack: Attack, family: Family, period: str) -> None:
    """A row's cells make its total; the same rows, and the cell that is split, are the same."""
    first = family.tables[0].name
    for table in family.tables:
        for row in family.rows.codes:
            own = table.name, period, row, TOTAL
            attack.same(own, [(table.name, period, row, one) for one in table.columns.codes])
            if table.name != first:
                attack.same(own, [(first, period, row, table.splits or TOTAL)])


def all_of(attack: Attack, family: Family, period: str, everything: int) -> None:
    """Somebody told how many there were in all."""
    attack.learn([(1, one) for one in _totals(family.name, period)], everything, everything)


def ways_of_talks(attack: Attack, weeks: Sequence[str], months: Sequence[str]) -> None:
    """Nobody ends before they came or is met before they asked; all is over in two months.

    Each is a rule over sums from the first period on, as nothing was open before it.
    """
    for number, month in enumerate(months):
        past, before = months[: number + 1], months[:number]
        over = sum(end_of(week) <= end_of(month) for week in weeks)
        ended, asked = _sum(_totals, "ends", past), _sum(_totals, "handoffs", past)
        waited, met = _sum(_totals, "waits", past), [one for each in past for one in _met(each)]
        if over < len(weeks):
            _more(attack, _sum(_totals, "arrivals", weeks[: over + 1]), ended)
        if number > 1:
            long_ago = sum(end_of(week) <= end_of(months[number - 2]) for week in weeks)
            _more(attack, ended, _sum(_totals, "arrivals", weeks[:long_ago]))
        _more(attack, asked, waited)
        _more(attack, waited, _sum(_totals, "handoffs", before))
        _more(attack, [*met, *(one for each in past for one in _alone(each))], ended)
        for step, later in ((BEGUN, SIGNED), (SIGNED, FILED)):
            steps = [[("reports", one, code, TOTAL) for one in past] for code in (step, later)]
            _more(attack, *steps)


def _more(attack: Attack, many: Sequence[Number], few: Sequence[Number]) -> None:
    attack.learn([*((1, one) for one in many), *((-1, one) for one in few)], 0)


def _sum(
    of: Callable[[str, str], Sequence[Number]], name: str, periods: Sequence[str]
) -> list[Number]:
    return [one for period in periods for one in of(name, period)]


def _totals(name: str, period: str) -> list[Number]:
    family = FAMILIES[name]
    return [(family.tables[0].name, period, row, TOTAL) for row in family.rows.codes]


def _met(month: str) -> list[Number]:
    tiers = FAMILIES["waits"].rows.codes
    return [("waits", month, tier, one) for tier in tiers for one in (*WAITS.values(), OVER)]


def _alone(month: str) -> list[Number]:
    return [("ends", month, tier, BOT_ONLY) for tier in FAMILIES["ends"].rows.codes]

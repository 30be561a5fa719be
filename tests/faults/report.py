"""A run as a row of a Markdown table."""

from collections.abc import Sequence

from tests.faults.history import Rule
from tests.faults.storm import Outcome

SHOWN = (
    Rule.LOST, Rule.DOUBLED, Rule.DISORDERED, Rule.GAPPED, Rule.DOUBLE_OWNED, Rule.UNSENT,
    Rule.REPEATED, Rule.SENT_AFTER_FENCE,
)  # fmt: skip


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a Markdown table of runs."""
    heads = [
        "run", "kills", "events", "redeliveries", "db stops", "pauses", "claims",
        *(str(rule) for rule in SHOWN), "seen again", "set aside", "seconds to rest",
    ]  # fmt: skip
    rows = [_row(outcome) for outcome in outcomes]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(outcome: Outcome) -> list[str]:
    numbers = [
        outcome.kills, outcome.events, outcome.redeliveries, outcome.database_stops,
        outcome.pauses, outcome.claims, *(outcome.broken[rule] for rule in SHOWN),
        outcome.repeats, outcome.set_aside,
    ]  # fmt: skip
    return [outcome.name, *map(str, numbers), f"{outcome.seconds_to_rest:.1f}"]

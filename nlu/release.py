"""The gate: a model serves only after it was measured, and can be taken back in one command.

nlu/release                     train if needed, measure, refuse or switch
nlu/release --candidate FILE    the same for a model that is there already
nlu/release --check             measure the current model and change nothing
nlu/release --rollback          back to the model before
nlu/release --shadow FILE       read sentences, one a line, and count where two models disagree

What is refused or taken back is named in models/refused.json until it passes: train.py, and so
`make run`, goes on with the current model.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

import train  # noqa: E402 -- this folder is not a package
from candidate import Belief, Candidate, CandidateFailed, neutral, running  # noqa: E402
from floors import Outcome, below, read_floors, sentences  # noqa: E402

SHADOW = train.MODELS / "shadow.json"  # counts of the last comparison, for the model page
FEWEST = 10  # of a kind that are counted by name, as in storage/suppression.py


def main() -> int:
    """Do what was asked for; return 0, or 1 with the reasons."""
    parser = argparse.ArgumentParser(
        prog="nlu/release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    wish = parser.add_mutually_exclusive_group()
    wish.add_argument("--candidate", type=Path, help="a model file instead of training one")
    wish.add_argument("--check", action="store_true", help="measure only the current model")
    wish.add_argument("--rollback", action="store_true", help="serve the model before")
    wish.add_argument("--shadow", type=Path, metavar="FILE", help="compare a model in silence")
    wanted = parser.parse_args()
    try:
        if wanted.check:
            return _refuse(shortcomings(train.MODELS / train.current()["model"]))
        if wanted.rollback:
            return rollback()
        if wanted.shadow:
            return shadow(wanted.shadow.resolve(), sys.stdin)
        return release(wanted.candidate.resolve() if wanted.candidate else train.build())
    except CandidateFailed as failure:
        return _refuse([str(failure)])


def release(model: Path) -> int:
    """Measure a model beside the one that serves; switch if nothing is below its floor."""
    reasons = shortcomings(model)
    if reasons:
        if model.is_file():
            train.refuse(model.name)
        return _refuse(reasons)
    train.point_to(train.adopt(model))
    train.allow(model.name)
    print(f"{model.name} passed and is current; follow.py goes over to it by itself")
    return 0


def shortcomings(model: Path) -> list[str]:
    """Return why a model must not serve: known sentences it misses, floors it is below."""
    if not model.is_file():
        return [f"there is no model {model}"]
    floors = read_floors()
    try:
        with running(model) as candidate:
            return [*_unknown(candidate, floors), *below(floors, _asked(candidate, floors))]
    except CandidateFailed as failure:
        return [str(failure)]


def rollback() -> int:
    """Name the model before as current; the one that was current becomes the one before."""
    pointer = train.current()
    previous = pointer.get("previous")
    if not previous or not (train.MODELS / previous).is_file():
        return _refuse(["there is no model before this one"])
    train.refuse(pointer["model"])
    train.point_to(train.MODELS / previous)
    print(f"{previous} is current again; follow.py goes back to it by itself")
    return 0


def shadow(model: Path, lines: Iterable[str]) -> int:
    """Ask both models the same and print counts of what differs; no sentence is kept."""
    serving = train.MODELS / train.current()["model"]
    with running(serving) as now, running(model) as candidate:
        texts = filter(None, map(neutral, lines))
        told = [(now.parse(text), candidate.parse(text)) for text in texts]
    found = {**_intents(told), "alarms": _alarms(told)}
    print(json.dumps(found))
    names = {"serving": _bare(serving), "candidate": _bare(model), "on": date.today().isoformat()}
    SHADOW.write_text(json.dumps({**names, **found}) + "\n", encoding="utf-8")
    return 0


def _intents(told: Sequence[tuple[Belief, Belief]]) -> dict[str, Any]:
    """Count answers that are the same, and pairs that are not; rare ones are counted as one.

    A pair that was seen once would tell what one child wrote about.
    """
    pairs = Counter((now.intent, candidate.intent) for now, candidate in told)
    same = sum(count for (one, other), count in pairs.items() if one == other)
    differ = [[*pair, n] for pair, n in pairs.most_common() if pair[0] != pair[1] and n >= FEWEST]
    other = len(told) - same - sum(count for *_, count in differ)
    return {"sentences": len(told), "agree": same, "differ": differ, "other": other}


def _alarms(told: Sequence[tuple[Belief, Belief]]) -> dict[str, int | None]:
    """Count alarms of both models, and of one alone; None for few."""
    found = Counter((now.is_alarm, candidate.is_alarm) for now, candidate in told)
    kinds = {"both": (True, True), "serving": (True, False), "candidate": (False, True)}
    return {name: found[kind] if found[kind] >= FEWEST else None for name, kind in kinds.items()}


def _bare(model: Path) -> str:
    return model.name.partition(".")[0]


def _unknown(candidate: Candidate, floors: Mapping[str, Any]) -> Iterator[str]:
    for number, (text, meant) in enumerate(floors["known"].items(), 1):
        belief = candidate.parse(text)
        if belief.intent != meant:
            yield f"known sentence {number} is taken for {belief.intent}, not {meant}"
        if meant in floors["danger"]["crises"] and not belief.is_alarm:
            yield f"known sentence {number} is taken for no danger"


def _asked(candidate: Candidate, floors: Mapping[str, Any]) -> list[Outcome]:
    return [
        _outcome(name, example, candidate.parse(example["text"]))
        for name, example in sentences(floors)
    ]


def _outcome(name: str, example: Mapping[str, str], belief: Belief) -> Outcome:
    asked = name, example["lang"], example["intent"]
    heard = belief.is_alarm, belief.is_at_once
    return Outcome(*asked, belief.intent, example.get("risk", ""), *heard)


def _refuse(reasons: Sequence[str]) -> int:
    for reason in reasons:
        print(f"refused: {reason}", file=sys.stderr)
    return 1 if reasons else 0


if __name__ == "__main__":
    raise SystemExit(main())

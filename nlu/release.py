"""The gate: a model serves only after it was measured, and can be taken back in one command.

nlu/release                     train if needed, measure, refuse or switch
nlu/release --candidate FILE    the same for a model that is there already
nlu/release --check             measure the current model and change nothing
nlu/release --rollback          back to the model before
nlu/release --shadow FILE       read sentences, one a line, and count where two models disagree
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

import train  # noqa: E402 -- this folder is not a package
from candidate import Candidate, CandidateFailed, running  # noqa: E402
from floors import Outcome, below, read_floors, sentences  # noqa: E402

SHADOW = train.MODELS / "shadow.json"  # counts of the last comparison, for the model page
SHADOW_CAP = 1000  # characters of a sentence, as the product sends them


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
        return _refuse(reasons)
    train.point_to(train.adopt(model))
    print(f"{model.name} passed and is current; follow.py goes over to it by itself")
    return 0


def shortcomings(model: Path) -> list[str]:
    """Return why a model must not serve: known sentences it misses, floors it is below."""
    if not model.is_file():
        return [f"there is no model {model}"]
    floors = read_floors()
    with running(model) as candidate:
        return [*_unknown(candidate, floors["known"]), *below(floors, _asked(candidate, floors))]


def rollback() -> int:
    """Name the model before as current; the one that was current becomes the one before."""
    previous = train.current().get("previous")
    if not previous or not (train.MODELS / previous).is_file():
        return _refuse(["there is no model before this one"])
    train.point_to(train.MODELS / previous)
    print(f"{previous} is current again; follow.py goes back to it by itself")
    return 0


def shadow(model: Path, lines: Iterable[str]) -> int:
    """Ask both models the same and print counts of intent pairs; no sentence is kept."""
    serving = train.MODELS / train.current()["model"]
    with running(serving) as now, running(model) as candidate:
        texts = (line.strip()[:SHADOW_CAP] for line in lines)
        pairs = Counter((now.intent(text), candidate.intent(text)) for text in texts if text)
    same = sum(count for (one, other), count in pairs.items() if one == other)
    differing = [[*pair, count] for pair, count in pairs.most_common() if pair[0] != pair[1]]
    found = {"sentences": sum(pairs.values()), "agree": same, "differ": differing}
    print(json.dumps(found))
    names = {"serving": _bare(serving), "candidate": _bare(model), "on": date.today().isoformat()}
    SHADOW.write_text(json.dumps({**names, **found}) + "\n", encoding="utf-8")
    return 0


def _bare(model: Path) -> str:
    return model.name.partition(".")[0]


def _unknown(candidate: Candidate, known: Mapping[str, str]) -> list[str]:
    found = {text: candidate.intent(text) for text in known}
    return [
        f"known sentence {number} is taken for {found[text]}, not {meant}"
        for number, (text, meant) in enumerate(known.items(), 1)
        if found[text] != meant
    ]


def _asked(candidate: Candidate, floors: Mapping[str, Any]) -> list[Outcome]:
    return [
        Outcome(name, example["lang"], example["intent"], candidate.intent(example["text"]))
        for name, example in sentences(floors)
    ]


def _refuse(reasons: Sequence[str]) -> int:
    for reason in reasons:
        print(f"refused: {reason}", file=sys.stderr)
    return 1 if reasons else 0


if __name__ == "__main__":
    raise SystemExit(main())

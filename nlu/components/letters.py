"""How a word looks that nobody knows: which letters follow which in known ones."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

LONGEST = 4
"""Letters of a run: the last one, and those that tell it."""
RARE = 2
"""Runs of `LONGEST` letters must be seen so often: others tell little, and took 6 MB."""
EDGE = " "
"""What stands before and behind every word."""
SHORTER = -math.log(0.4)
"""What it costs that a run was not seen and the next shorter one tells. Source: Brants 2007."""
STEP = 1 / 16
"""What costs are rounded to: Python keeps whole numbers up to 256 once."""


class Letters:
    """Tells a word that is merely unknown from one that is mistyped, by its letters alone.

    Each letter costs minus the logarithm of its share of those that follow the three before it in
    known words; where those four were not seen, the two before it tell, and so on.

    Source: Brants 2007 (stupid backoff).
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Learn from known words, each as often as any other."""
        self._steps: dict[str, int] = {}
        runs = Counter(run for word in words for run in _runs(word))
        for size in range(LONGEST, 0, -1):
            self._learn(runs, least=RARE if size == LONGEST else 1)
            shorter: Counter[str] = Counter()
            for run, seen in runs.items():
                shorter[run[1:]] += seen
            runs = shorter
        self._steps[""] = max(self._steps.values(), default=0)  # a letter that no word has

    def surprise(self, word: str) -> float:
        """Return what the letters of a word cost together, to its end."""
        return sum(map(self._cost, _runs(word)))

    def _learn(self, runs: Mapping[str, int], least: int) -> None:
        begun: Counter[str] = Counter()
        for run, seen in runs.items():
            begun[run[:-1]] += seen
        for run, seen in runs.items():
            if seen >= least:
                self._steps[run] = round(math.log(begun[run[:-1]] / seen) / STEP)

    def _cost(self, run: str) -> float:
        shorter = 0
        while run[shorter:] not in self._steps:
            shorter += 1
        return SHORTER * shorter + STEP * self._steps[run[shorter:]]


def _runs(word: str) -> list[str]:
    """Return each letter with those before it that tell it, and the end likewise."""
    whole = EDGE * (LONGEST - 1) + word + EDGE
    return [whole[end - LONGEST : end] for end in range(LONGEST, len(whole) + 1)]

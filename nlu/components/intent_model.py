"""What the model knows: a kernel, networks and a tuned encoder. Needs no Rasa."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from components.aside import kept_aside
from components.certainty import (
    DANGERS,
    curve,
    danger_signs,
    is_danger,
    log_odds,
    temperature,
    usual_shares,
)
from components.grams import Bytes, Grams, looked_up, rows_of_many
from components.kernel import FORM_WEIGHT, MEANING_WEIGHT, likeness, principal, similarity, weighed
from components.meaning import english_words, meanings, meanings_of_many
from components.mending import Mender, ordinary_words
from components.network import Network
from components.noise import noised
from components.processes import at_once
from components.tuned import TunedEncoder

NETWORKS = 2
"""Each with noisy copies of its own; their mean counts."""
NETWORK_WEIGHT, TUNED_WEIGHT = (0.6, 1.6), (0.3, 0.1)
"""Where every word is known, and where none is: word pieces of unknown words say little, n-grams
still much (docs/nlu.md)."""
OLDER_WEIGHT = 0.1
"""Of the networks, in models that do not say it."""
COPIES = 4
"""Times a network learns a sentence once more, each time with other noise (docs/nlu.md)."""
EPOCHS, EPOCHS_OF_COPIES = 12, 6
"""Times a network reads everything: without noisy copies, and with them, where 12 won nothing."""
HASTY = 0.25
"""Share of lessons in which the tuned encoder reads what mending leaves of a noisy sentence."""
LATIN = 2
"""Sentences without Hangul are read so many times as often: they are fewer, and a wrong letter
hides more of a word in Latin letters."""
NOISE_SEED = 7
COMPARED = 160
"""Numbers of a meaning a message is compared by, of the `SPACE` learned with: 87 % of what they
tell apart, in less than half the time; two or three sentences of a set change (docs/nlu.md)."""
REMEMBERED = 16_000
"""Sentences that the kernel compares with, at most, drawn by lot; with twice as many it understood
no more, and took longer (docs/nlu.md). The networks and the tuned encoder learn from all."""
TUNED = "tuned.npz"
"""File of the moved encoder."""

HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
Array = Any  # numpy and scipy.sparse of this age have no common type
Lesson = tuple[Any, ...]
"""The arguments of `tuning.tuned`."""


class IntentModel:
    """A kernel ridge and small networks over n-grams, by TF-IDF, and what a sentence encoder says;
    beside them the encoder itself, moved by the same sentences.

    Beside the intents they learn two more things: whether a sentence speaks of danger at all, and
    of an imminent one. Scores become probabilities by one temperature for the intents and a
    logistic curve for each danger, found on sentences that neither they nor a near-duplicate of
    them were learned from. A danger's curve reads beside its own score what share of such
    sentences the likely intents usually are: alone, the score took half again as many harmless
    sentences for dangers (docs/risk.md).
    """

    def __init__(
        self,
        *,
        copies: int = COPIES,
        networks: int = NETWORKS,
        tunes: bool = True,
        remembered: int = REMEMBERED,
    ) -> None:
        """Make a model that has seen no sentence yet.

        Args:
            copies: the noisy copies of each sentence that a network learns, too.
            networks: how many; without any, and without `tunes`, it is the kernel alone.
            tunes: whether it moves the encoder.
            remembered: the sentences that the kernel compares with, at most.
        """
        self._remembered = remembered
        self._copies, self._seeds, self._tunes = copies, range(networks), tunes
        self._weights = NETWORK_WEIGHT, TUNED_WEIGHT
        self.intents: list[str] = []
        self.temperature = 1.0
        self.curves = [[0.0] * len(DANGERS) + [1.0, 0.0] for _ in DANGERS]  # slopes, then height
        self.usual: list[list[float]] = []  # of each intent, the share that is each danger
        self._mender = Mender({}, {})
        self._grams: Grams
        self._names: dict[str, list[str]] = {}  # of the n-grams; only who learned needs them
        self._networks: list[Network] = []
        self._tuned: TunedEncoder | None = None
        self._linear: Array = None  # (n-grams, intents and dangers), the kernel's
        self._basis: Array = None  # (numbers of a meaning, SPACE)
        self._meanings: Array = None  # (sentences, SPACE), of those learned from
        self._duals: Array = None  # (sentences, intents and dangers)

    def fit(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        risks: Sequence[str | None],
        voices: Sequence[str | None],
    ) -> "IntentModel":
        """Find out on a part kept aside how sure to be, then learn from all; return the model.

        Args:
            texts: the sentences.
            intents: what each one means.
            risks: one of `certainty.RISKS` for each, None where nobody said.
            voices: who wrote each, None where nobody said. What one author wrote is kept aside
                as a whole: with strangers the model is less sure than with whom it knows.

        Raises:
            ValueError: there are too few sentences, see `kept_aside`.
        """
        known, asked = kept_aside(texts, intents, voices)
        typed = [*texts, *self._in_a_hurry(texts)]
        meant = meanings_of_many(typed)  # once: it takes minutes
        rows = np.concatenate([known + start for start in range(0, len(typed), len(texts))])
        hasty = [typed[row] for row in rows[len(known) :]]
        draft = self._unlearned()
        lessons = [
            draft._learn_most(*_picked(known, texts, intents, risks), hasty, meant[rows]),
            self._learn_most(texts, intents, risks, typed[len(texts) :], meant),
        ]
        _tune([draft, self], lessons)
        self.temperature, self.curves = draft.calibration(*_picked(asked, texts, intents, risks))
        return self

    def _unlearned(self) -> "IntentModel":
        """Return a model that learns as this one does, for others' sentences."""
        return IntentModel(
            copies=self._copies,
            networks=len(self._seeds),
            tunes=self._tunes,
            remembered=self._remembered,
        )

    def learn(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        risks: Sequence[str | None] = (),
    ) -> "IntentModel":
        """Learn from sentences as they are written, and as if typed in a hurry.

        Args:
            texts: the sentences.
            intents: what each one means.
            risks: one of `certainty.RISKS` for each, None where nobody said.
        """
        hasty = self._in_a_hurry(texts)
        said = risks or [None] * len(texts)
        meant = meanings_of_many([*texts, *hasty])
        _tune([self], [self._learn_most(texts, intents, said, hasty, meant)])
        return self

    def _learn_most(
        self,
        texts: Sequence[str],
        intents: Sequence[str],
        risks: Sequence[str | None],
        hasty: Sequence[str],
        meant: Array,
    ) -> Lesson | None:
        """Learn all but to move the encoder; return what `tuning.tuned` needs for that, if it does.

        Args:
            texts: as in `learn`, and likewise the next two.
            intents: what each one means.
            risks: one for each.
            hasty: the noisy copies of all networks: all texts, so often.
            meant: `meanings` of both.
        """
        self.intents = sorted(set(intents))
        self._mender = Mender.learned(texts, {**english_words(), **ordinary_words()})
        chance = random.Random(NOISE_SEED)  # noqa: S311 -- no secret
        typed = [*texts, *hasty]
        self._grams, self._names = Grams.learned(typed[: 2 * len(texts)])
        form = rows_of_many(self._names, self._grams.rarity, typed)
        wanted = self._wanted(intents, risks)
        drawn = sorted(chance.sample(range(len(texts)), min(len(texts), self._remembered)))
        self._remember(form[drawn], meant[drawn], wanted[drawn])
        names, dangers = np.split(wanted, [len(self.intents)], axis=1)
        told = names.argmax(axis=1), (dangers + 1) / 2
        self._networks = at_once(Network.learned, list(self._lessons(form, meant, *told)))
        return self._lesson(texts, *told, chance) if self._tunes else None

    def _lesson(
        self, texts: Sequence[str], names: Array, dangers: Array, chance: random.Random
    ) -> Lesson:
        noisy = [noised(text, "heavy", chance) for text in texts]
        shares = np.array([HASTY if HANGUL.search(text) else LATIN * HASTY for text in texts])
        return texts, noisy, self._mender.known, shares, names, dangers

    def _in_a_hurry(self, texts: Sequence[str]) -> list[str]:
        """Return the noisy copies of each text, one copy of all after the other."""
        chance = random.Random(NOISE_SEED)  # noqa: S311 -- no secret
        times = self._copies * max(1, len(self._seeds))
        return [noised(text, "heavy", chance) for _ in range(times) for text in texts]

    def _lessons(self, form: Array, meant: Array, names: Array, dangers: Array) -> Iterator[Any]:
        """Yield what each network learns from: the sentences, and noisy copies of its own."""
        count, copies = len(names), self._copies
        epochs = EPOCHS_OF_COPIES if copies else EPOCHS
        for seed in self._seeds:
            own = np.arange(copies * count) + (1 + copies * seed) * count
            rows = np.concatenate([np.arange(count), own])
            of = rows % count  # the sentence that each is a copy of
            yield form[rows], meant[rows], names[of], dangers[of], epochs, seed

    def _wanted(self, intents: Sequence[str], risks: Sequence[str | None]) -> Array:
        """Return one row a sentence, one column an intent or danger: 1 for yes, -1 for no."""
        yes = np.array(intents)[:, None] == np.array(self.intents)
        self.usual = usual_shares(intents, risks, self.intents)
        dangers = danger_signs(intents, risks, dict(zip(self.intents, self.usual, strict=True)))
        return np.hstack([np.where(yes, 1, -1), dangers]).astype(np.float32)

    def _remember(self, form: Array, meant: Array, wanted: Array) -> None:
        """Find the kernel's weights of each n-gram and sentence.

        From the sentences as they are written: with noisy copies it took a fifth longer for a
        message and won nothing that the networks do not (docs/nlu.md).
        """
        self._basis = principal(meant)
        self._meanings = meant @ self._basis
        self._duals = weighed(similarity(form, self._meanings), wanted)
        # Half the size; intents stay the same.
        self._linear = (FORM_WEIGHT * (form.T @ self._duals)).astype(np.float16)

    def scores(self, texts: Sequence[str]) -> Array:
        """Return one row a text, one column an intent or danger: the higher, the likelier.

        What is mistyped is read as it was meant; where two readings differ, it is their mean.
        """
        read = [self._mender.readings(text) for text in texts]
        rows = self._scores_as_read([reading for each in read for reading in each])
        counts = [len(each) for each in read]
        starts = np.cumsum([0, *counts[:-1]])
        return np.add.reduceat(rows, starts) / np.array(counts, np.float32)[:, None]

    def _scores_as_read(self, texts: Sequence[str]) -> Array:
        form = self._grams.rows(texts)
        # Both at once where there are both: they share the lowest layers, a third of the work.
        meant, moved = self._tuned.read(texts) if self._tuned else (meanings(texts), 0.0)
        alike = likeness(meant @ self._basis, self._meanings)
        remembered = looked_up(form, self._linear) + MEANING_WEIGHT * (alike @ self._duals)
        guessed = sum(each.scores(form, meant) for each in self._networks)
        guessed = guessed / max(1, len(self._networks))
        strange = np.array([self._mender.strange(text) for text in texts])[:, None]
        of_networks, of_tuned = (
            known + (unknown - known) * strange for known, unknown in self._weights
        )
        return remembered + of_networks * guessed + of_tuned * moved

    def probabilities(self, texts: Sequence[str]) -> Array:
        """Return one row a text: how likely each intent is; a row sums to 1."""
        return self.judge(texts)[0]

    def judge(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return one row a text each: how likely the intents are, and how likely `DANGERS`."""
        scores = self.scores(texts)
        intents = self._likely(scores)
        *slopes, heights = np.array(self.curves).T
        return intents, np.column_stack(
            [
                expit(signs @ np.array(slopes)[:, danger] + heights[danger])
                for danger, signs in enumerate(self._signs(scores, intents))
            ]
        )

    def calibration(
        self, texts: Sequence[str], intents: Sequence[str], risks: Sequence[str | None]
    ) -> tuple[float, list[list[float]]]:
        """Return the temperature and the curves that fit sentences it did not learn from."""
        scores = self.scores(texts)
        truth = [self.intents.index(intent) for intent in intents]
        self.temperature = temperature(scores[:, : len(self.intents)], truth)
        said = [row for row, risk in enumerate(risks) if risk is not None]
        signs = self._signs(scores[said], self._likely(scores[said]))
        is_one = is_danger([risks[row] for row in said])
        return self.temperature, [curve(*each) for each in zip(signs, is_one.T, strict=True)]

    def save(self, folder: Path) -> None:
        """Write the model as JSON and plain arrays; nothing in it is executable.

        Only a model that has learned can be saved: one that was loaded keeps no names of n-grams.
        """
        facts = {
            "intents": self.intents,
            "temperature": self.temperature,
            "curves": self.curves,
            "usual": self.usual,
            "weights": self._weights,
            "grams": self._names,
            "words": self._mender.words,
            "others": self._mender.others,
            "pairs": self._mender.pairs,
        }
        (folder / "model.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / "model.npz",
            linear=self._linear,
            meanings=self._meanings.astype(np.float16),
            basis=self._basis,
            duals=self._duals,
            **{f"rarity_{view}": rarity for view, rarity in self._grams.rarity.items()},
        )
        for number, network in enumerate(self._networks):
            np.savez(folder / f"network_{number}.npz", **network.weights)
        if self._tuned:
            half = {name: each.astype(np.float16) for name, each in self._tuned.moved.items()}
            np.savez(folder / TUNED, **half)

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        """Return the model that `save` wrote."""
        model = cls()
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        model.intents, model.temperature = facts["intents"], facts["temperature"]
        model.curves, model.usual = facts["curves"], facts["usual"]
        model._weights = _by_strangeness(facts.get("weights", (OLDER_WEIGHT, 0.0)))
        known = [facts.get("words", {}), facts.get("others", {}), facts.get("pairs", {})]
        model._mender = Mender(*known)  # older models have none
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            model._linear, model._duals = Bytes(arrays["linear"]), arrays["duals"]
            model._meanings = arrays["meanings"][:, :COMPARED].astype(np.float32)
            model._basis = np.ascontiguousarray(arrays["basis"][:, :COMPARED])
            rarity = {view: arrays[f"rarity_{view}"] for view in facts["grams"]}
        model._grams = Grams(facts["grams"], rarity)
        for path in sorted(folder.glob("network_*.npz")):
            with np.load(path, allow_pickle=False) as arrays:
                weights = {**arrays, "grams": Bytes(arrays["grams"])}
                model._networks.append(Network(weights))
        if (folder / TUNED).is_file():  # older ones have none
            with np.load(folder / TUNED, allow_pickle=False) as arrays:
                model._tuned = TunedEncoder(dict(arrays))
        return model

    def _likely(self, scores: Array) -> Array:
        return softmax(scores[:, : len(self.intents)] * self.temperature, axis=1)

    def _signs(self, scores: Array, intents: Array) -> list[Array]:
        """Return for each danger what its curve reads: all dangers' scores, and its usual share."""
        own, usual = scores[:, len(self.intents) :], intents @ np.array(self.usual)
        return [np.column_stack([own, log_odds(share)]) for share in usual.T]


def _tune(models: Sequence[IntentModel], lessons: Sequence[Lesson | None]) -> None:
    """Move the encoder for each model by the sentences of its lesson, if there is one."""
    told = [(model, lesson) for model, lesson in zip(models, lessons, strict=True) if lesson]
    moved = at_once(_moved, [lesson for _, lesson in told])
    for (model, _), weights in zip(told, moved, strict=True):
        model._tuned = TunedEncoder(weights)


def _moved(*lesson: Any) -> dict[str, Array]:
    from components.tuning import tuned  # noqa: PLC0415 -- TensorFlow, of no use afterwards

    return tuned(*lesson)


def _by_strangeness(weights: Sequence[Any]) -> tuple[Any, ...]:
    """Return two weights each; older models have one, whatever a word is."""
    return tuple(each if isinstance(each, list) else (each, each) for each in weights)


def _picked(rows: Array, *columns: Sequence[Any]) -> list[list[Any]]:
    return [[column[row] for row in rows] for column in columns]

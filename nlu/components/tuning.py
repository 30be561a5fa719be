"""Moves the layers of the sentence encoder by our sentences; TensorFlow is needed here alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components.meaning import layers, piece_rows, pieces
from components.mending import Known, Mender
from components.tuned import LEFT, LEVEL, MEANING_LENGTH, POOLED_LENGTH, WIDTH, WINDOWS

# Chosen with seven authors' sentences kept aside (docs/nlu.md).
HIDDEN = 256
EPOCHS = 6
BATCH = 64
STEP, NEW_STEP = 8e-4, 1e-3
"""How far a step of Adam goes at first, in the encoder and in the new layers; at last nowhere."""
WARMING = 0.25
"""Epochs until they go so far: the first ones, blind, would forget what the encoder knows."""
PIECES_DROPPED = 0.1
"""Share of the word pieces that a sentence must do without each time."""
SAID_DROPPED, HIDDEN_DROPPED = 0.2, 0.3
SMOOTHED = 0.05
"""Share of belief that stays with all intents, even where a sentence says which."""
SEED = 7
JITTER = 3.0
"""Word pieces by which sentences of one batch may differ because of chance, not of length."""

Array = Any  # neither numpy of this age nor TensorFlow has a common type
Tensors = Mapping[str, Any]


def tuned(
    texts: Sequence[str],
    noisy: Sequence[str],
    words: Known,
    shares: Array,
    intents: Array,
    dangers: Array,
) -> dict[str, Array]:
    """Return the weights of a `TunedEncoder` that learned from these sentences.

    Args:
        texts: the sentences.
        noisy: the same ones as if somebody typed them in a hurry.
        words: what the mender knows by which these are read.
        shares: of each, how often it is learned so, 0 to 1.
        intents: the number of the intent of each, from 0.
        dangers: one row a sentence: how likely each danger is, 0 to 1.
    """
    tf.random.set_seed(SEED)
    chance = np.random.default_rng(SEED)
    known = {name: tf.constant(each) for name, each in layers().items()}
    moved = {name: tf.Variable(each) for name, each in known.items() if not name.startswith(LEFT)}
    new = _fresh(chance, moved, int(intents.max()) + 1 + dangers.shape[1])
    teach = _teacher(known, moved, new, int(intents.max()) + 1)
    hasty = map(Mender(*words).mend, noisy)
    read = [(pieces(text)[0], pieces(quick)[0]) for text, quick in zip(texts, hasty, strict=True)]
    for epoch in range(EPOCHS):
        said = [
            pair[quick] for pair, quick in zip(read, chance.random(len(read)) < shares, strict=True)
        ]
        for done, rows in _batches(chance, np.array([len(each) for each in said])):
            lesson = _padded([said[row] for row in rows])
            teach(lesson, intents[rows], dangers[rows], _rate(epoch + done))
    return {name: each.numpy() for name, each in {**moved, **new}.items()}


def _rate(epochs: float) -> float:
    """Return the part of a whole step that is taken after so many epochs: up, then slowly down."""
    return min(1.0, epochs / WARMING) * (1 - epochs / EPOCHS)


def _fresh(chance: Any, moved: Tensors, out: int) -> dict[str, Any]:
    pooled, meaning = moved["cnn_W"].shape
    shapes = {"hidden": (pooled + meaning, HIDDEN, 0.05), "out": (HIDDEN, out, 0.06)}
    weights = {
        name: chance.normal(0, spread, (rows, columns)).astype(np.float32)
        for name, (rows, columns, spread) in shapes.items()
    }
    empty = {"height": np.zeros(HIDDEN, np.float32), "usual": np.zeros(out, np.float32)}
    return {name: tf.Variable(each) for name, each in {**weights, **empty}.items()}


def _batches(chance: Any, lengths: Array) -> Iterator[tuple[float, Array]]:
    """Yield how much of an epoch is done, 0 to 1, and the rows of each lesson.

    Sentences of about one length come together: what is short is filled up with nothing.
    """
    order = np.argsort(lengths + chance.random(len(lengths)) * JITTER)
    starts = chance.permutation(np.arange(0, len(lengths), BATCH))
    for number, start in enumerate(starts):
        yield number / len(starts), order[start : start + BATCH]


def _padded(read: Sequence[Array]) -> tuple[Array, Array]:
    """Return word pieces as numbers, a sentence a row, zeros where it ended; and where it stood."""
    lengths = np.array([len(each) for each in read])
    there = np.arange(lengths.max())[None] < lengths[:, None]
    numbers = np.zeros(there.shape, int)
    numbers[there] = np.concatenate(read)
    mask = there.astype(np.float32)[..., None]
    return piece_rows(numbers) * mask, mask


def _teacher(known: Tensors, moved: Tensors, new: Tensors, kinds: int) -> Any:
    """Return what takes one step: word pieces, intents, dangers, and what part of a step."""
    old_ones, new_ones = list(moved.values()), list(new.values())
    old_steps, new_steps = (tf.keras.optimizers.legacy.Adam() for _ in range(2))

    @tf.function(input_signature=[
        tf.TensorSpec((None, None, None)), tf.TensorSpec((None, None, 1)),
        tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None, None)),
    ])  # fmt: skip
    def slopes(rows: Any, mask: Any, intents: Any, dangers: Any) -> Any:
        with tf.GradientTape() as tape:
            scores = _scores({**known, **moved, **new}, rows, mask, dropping=True)
            wrong = _wrong(scores, intents, dangers, kinds)
        return tape.gradient(wrong, old_ones + new_ones)

    def teach(words: tuple[Array, Array], intents: Array, dangers: Array, rate: float) -> None:
        found = slopes(*words, intents, dangers.astype(np.float32))
        old_steps.learning_rate.assign(STEP * rate)
        old_steps.apply_gradients(zip(found[: len(old_ones)], old_ones, strict=True))
        new_steps.learning_rate.assign(NEW_STEP * rate)
        new_steps.apply_gradients(zip(found[len(old_ones) :], new_ones, strict=True))

    return teach


def _wrong(scores: Any, intents: Any, dangers: Any, kinds: int) -> Any:
    """Return how wrong the scores are: softmax over intents, a sigmoid a danger."""
    wanted = tf.one_hot(intents, kinds) * (1 - SMOOTHED) + SMOOTHED / kinds
    meant = tf.nn.softmax_cross_entropy_with_logits(wanted, scores[:, :kinds])
    feared = tf.nn.sigmoid_cross_entropy_with_logits(dangers, scores[:, kinds:])
    return tf.reduce_mean(meant) + tf.reduce_mean(tf.reduce_sum(feared, axis=1))


def _scores(w: Tensors, rows: Any, mask: Any, *, dropping: bool) -> Any:
    """Do for a batch what `TunedEncoder` does for one text; `dropping`, without a part of it."""
    of_pieces, of_said, of_hidden = (
        share if dropping else 0.0 for share in (PIECES_DROPPED, SAID_DROPPED, HIDDEN_DROPPED)
    )
    rows *= tf.cast(tf.random.uniform(tf.shape(mask)) >= of_pieces, tf.float32)
    length = tf.reduce_sum(mask, axis=1)
    pooled = tf.reduce_sum(_together(w, rows, mask), axis=1) / tf.sqrt(length)
    said = tf.concat([MEANING_LENGTH * _meaning(w, pooled, length), POOLED_LENGTH * pooled], axis=1)
    said = tf.nn.dropout(said, of_said)
    hidden = tf.nn.dropout(tf.nn.relu(said @ w["hidden"] + w["height"]), of_hidden)
    return hidden @ w["out"] + w["usual"]


def _together(w: Tensors, rows: Any, mask: Any) -> Any:
    parts = [rows]
    level = _leveled(rows @ w["proj_W"] + w["proj_b"], w["ln_g_all"], w["ln_b_all"]) * mask
    for number, (size, before) in enumerate(WINDOWS):
        part = level[..., number * WIDTH : (number + 1) * WIDTH]
        for layer in (1, 2):
            around = tf.pad(part, [[0, 0], [before, size - 1 - before], [0, 0]])
            kernel = tf.reshape(w[f"w{layer}_{number}"], (size, WIDTH, WIDTH))
            near = tf.nn.conv1d(around, kernel, 1, "VALID")
            part = (part + tf.nn.relu(near + w[f"b{layer}_{number}"])) * mask
        parts.append(part)
    return _leveled(tf.concat(parts, axis=-1), w["ln_g"], w["ln_b"]) * mask


def _meaning(w: Tensors, pooled: Any, length: Any) -> Any:
    mean = pooled @ w["cnn_W"] + tf.sqrt(length) * w["cnn_b"]
    first = tf.nn.relu(mean @ w["p1"] + tf.nn.relu(mean @ w["d0"]) @ w["d1"])
    told = tf.tanh(first @ w["p3"] + tf.nn.relu(first @ w["d2"]) @ w["d3"])
    return tf.math.l2_normalize(told, axis=-1)


def _leveled(rows: Any, slope: Any, height: Any) -> Any:
    rows -= tf.reduce_mean(rows, axis=-1, keepdims=True)
    spread = tf.reduce_mean(rows * rows, axis=-1, keepdims=True)
    return rows * tf.math.rsqrt(spread + LEVEL) * slope + height

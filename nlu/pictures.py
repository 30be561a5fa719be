"""The pictures of the report, as SVG that does not change when the figures do not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "gyeot", "svg.fonttype": "none", "font.size": 8})
from matplotlib import pyplot as plt  # noqa: E402 -- the backend is chosen first


def draw_confusion(path: Path, intents: Sequence[str], counts: Any) -> None:
    """Draw what each intent was taken for; a row is what was meant, and sums to 1."""
    figure, axes = plt.subplots(figsize=(8.5, 8))
    axes.imshow(counts / counts.sum(axis=1, keepdims=True).clip(1), cmap="Greys", vmin=0, vmax=1)
    axes.set_xticks(range(len(intents)), intents, rotation=90, fontsize=6)
    axes.set_yticks(range(len(intents)), intents, fontsize=6)
    axes.set_xlabel("taken for")
    axes.set_ylabel("meant")
    _save(figure, path)


def draw_reliability(path: Path, tables: Mapping[str, Sequence[tuple[float, float, int]]]) -> None:
    """Draw how often the model is right where it is so and so sure."""
    figure, axes = plt.subplots(figsize=(4.5, 4.2))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, table in tables.items():
        axes.plot([row[0] for row in table], [row[1] for row in table], marker="o", label=name)
    axes.set_xlabel("confidence")
    axes.set_ylabel("share right")
    axes.legend(frameon=False)
    _save(figure, path)


def draw_noise(path: Path, levels: Sequence[str], shares: Mapping[str, Sequence[float]]) -> None:
    """Draw the accuracy at each level of noise, a line for each set and language."""
    figure, axes = plt.subplots(figsize=(5, 4))
    for name, values in shares.items():
        axes.plot(levels, values, marker="o", label=name)
    axes.set_ylim(0, 1)
    axes.set_ylabel("accuracy")
    axes.legend(frameon=False, fontsize=7, loc="lower left")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)

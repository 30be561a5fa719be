"""What a text is written with: its n-grams of characters and of letters, by TF-IDF."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import CountVectorizer

from components.hangul import decompose, normalize
from components.processes import in_parts

LEAST_SENTENCES = 6
"""An n-gram must stand in so many, of those as they are written and of one noisy copy. Of 75,399
sentences, four left 950,954, six 655,758 and eight 510,860; a model that had learned with four and
was then read without the rarer ones understood as much with six, and less English under heavy noise
with eight."""
VIEWS: dict[str, tuple[str, tuple[int, int]]] = {
    "characters": ("char_wb", (1, 4)),
    "letters": ("char", (3, 6)),
}
"""View of a text -> its n-grams; letters are those inside syllables, and blind to spaces."""

BYTE = 127  # the largest number of a signed byte
LEAST_MEASURE = 1e-4
LEAST_LENGTH = 1e-9  # of what holds no n-gram that was learned
AT_ONCE = 50_000
"""Lines of a table, or texts, that are done together."""
Array = Any  # numpy and scipy.sparse of this age have no common type


class Grams:
    """The n-grams of the training sentences, a column each, and how rare each one is.

    A column is found by the hash of its n-gram: the n-grams themselves, and scikit-learn's
    dictionary of them, took 58 MB more.
    """

    def __init__(self, names: Mapping[str, Sequence[str]], rarity: Mapping[str, Array]) -> None:
        """Make the columns from the n-grams of each view, in order, and their rarity."""
        self.rarity = rarity
        self._columns = {view: _Columns(names[view]) for view in VIEWS}
        self._read = {view: _counter(view).build_analyzer() for view in VIEWS}

    @classmethod
    def learned(cls, texts: Sequence[str]) -> "tuple[Grams, dict[str, list[str]]]":
        """Return the n-grams that stand in at least `LEAST_SENTENCES` texts, and their names."""
        names, rarity = {}, {}
        for view in VIEWS:
            counter = _counter(view)
            rarity[view] = _rarity(counter.fit_transform(_viewed(texts, view)))
            names[view] = sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)
        return cls(names, rarity), names

    def rows(self, texts: Sequence[str]) -> Array:
        """Return one sparse row a text: in each view TF-IDF of length 1."""
        where, amounts = zip(*map(self._weighed, texts), strict=True)
        ends = np.cumsum([0, *map(len, where)])
        size = (len(texts), sum(map(len, self.rarity.values())))
        return scipy.sparse.csr_matrix((np.concatenate(amounts), np.concatenate(where), ends), size)

    def _weighed(self, text: str) -> tuple[Array, Array]:
        """Return the columns of a text's n-grams, and how much each one says.

        scikit-learn's own multiply by a matrix as wide as the vocabulary for each message, which
        takes ten times as long.
        """
        start, where, amounts = 0, [], []
        for view in VIEWS:
            columns, counts = self._counted(text, view)
            told = (1 + np.log(counts, dtype=np.float32)) * self.rarity[view][columns]
            where.append(columns + start)
            amounts.append(told / max(np.linalg.norm(told), LEAST_LENGTH))
            start += len(self.rarity[view])
        return np.concatenate(where), np.concatenate(amounts)

    def _counted(self, text: str, view: str) -> tuple[Array, Array]:
        """Return the columns of a text's n-grams, in order, and how often each stands in it."""
        found = self._columns[view].of(self._read[view](_viewed([text], view)[0]))
        return np.unique(found, return_counts=True)


class _Columns:
    """Which column each n-gram has, by its hash. The hash is this process's own.

    Raises:
        ValueError: two n-grams have one hash; among 400,000 that is one process in 200 million.
    """

    def __init__(self, names: Sequence[str]) -> None:
        hashes = _hashes(names)
        if len(np.unique(hashes)) != len(names):
            raise ValueError("two n-grams have the same hash")
        self._order = np.argsort(hashes).astype(np.int32)
        self._hashes = hashes[self._order]

    def of(self, grams: Sequence[str]) -> Array:
        """Return the columns of those n-grams that have one."""
        hashes = _hashes(grams)
        places = np.searchsorted(self._hashes, hashes)
        places[places == len(self._hashes)] = 0
        return self._order[places[self._hashes[places] == hashes]]


class Bytes:
    """A table in a byte a number, each line by its own measure; read by line, as an array is.

    Two such tables stand in memory for each message: in two bytes they took 33 MB more.
    """

    def __init__(self, table: Array) -> None:
        """Make one of a table of numbers; what is lost is at most 0.4 % of a line's largest."""
        self._measure = np.maximum(np.abs(table).max(axis=1), LEAST_MEASURE).astype(np.float32)
        self._measure /= BYTE
        self._lines = np.empty(table.shape, np.int8)
        for start in range(0, len(table), AT_ONCE):  # all at once would take four times the memory
            some = slice(start, start + AT_ONCE)
            self._lines[some] = np.rint(table[some] / self._measure[some, None])

    def __getitem__(self, lines: Array) -> Array:
        return self._lines[lines] * self._measure[lines, None]


def rows_of_many(
    names: Mapping[str, Sequence[str]], rarity: Mapping[str, Array], texts: Sequence[str]
) -> Array:
    """Return what `Grams.rows` does, for so many texts that several processes pay off."""
    return scipy.sparse.vstack(in_parts(_rows, texts, AT_ONCE, names, rarity), format="csr")


def _rows(names: Mapping[str, Sequence[str]], rarity: Mapping[str, Array], texts: Any) -> Array:
    return Grams(names, rarity).rows(texts)  # by its own hashes, not those of another process


def looked_up(rows: Array, table: Array) -> Array:
    """Return `rows @ table`, with floats made only of those lines of the table that are needed.

    So the table may lie in memory in half precision, which scipy does not multiply.
    """
    if rows.shape[0] == 1:  # a message, in a tenth of the time
        return rows.data[None] @ table[rows.indices].astype(np.float32)
    columns, places = np.unique(rows.indices, return_inverse=True)
    few = scipy.sparse.csr_matrix(
        (rows.data, places, rows.indptr), shape=(rows.shape[0], len(columns))
    )
    return few @ table[columns].astype(np.float32)


def _hashes(grams: Sequence[str]) -> Array:
    # Of the bytes in UTF-8: of the string itself, Python gives "11" and "ㄱ" the same hash.
    codes = (hash(gram.encode("utf-8", "surrogatepass")) for gram in grams)
    return np.fromiter(codes, np.int64, len(grams))


def _counter(view: str) -> CountVectorizer:
    analyzer, sizes = VIEWS[view]
    return CountVectorizer(
        analyzer=analyzer,
        ngram_range=sizes,
        min_df=LEAST_SENTENCES,
        lowercase=False,
        dtype=np.float32,
    )


def _rarity(counts: Array) -> Array:
    """Return the smoothed inverse document frequency of each n-gram."""
    sentences = np.bincount(counts.indices, minlength=counts.shape[1])
    return (np.log((1 + counts.shape[0]) / (1 + sentences)) + 1).astype(np.float32)


def _viewed(texts: Sequence[str], view: str) -> list[str]:
    plain = [normalize(text) for text in texts]
    return [decompose(text).replace(" ", "") for text in plain] if view == "letters" else plain

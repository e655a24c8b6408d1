"""Which prompts of a set say the same: exactly, or nearly, found by MinHash and locality-sensitive hashing.

A row is kept as numbers only (about 0.3 kB), so a million rows fit in half a gigabyte. A problem with other numbers
is another problem, however alike the words: only rows whose numbers some other row has too get a MinHash signature,
and become candidates where one band of it agrees, or where they have the same telling numbers. Candidates are then
compared word by word, all pairs of a band at once; those that are alike are read closely, one by one.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import rensa

from distill.prompts.overlap.answers import are_other_answers
from distill.prompts.overlap.chunk import Flags, Ids, Places, mixed
from distill.prompts.overlap.clusters import Clusters
from distill.prompts.overlap.fingerprints import Fingerprints, Remembered
from distill.prompts.overlap.likeness import ALIKE, DIFFERENT, FACTOR, Levels, Likeness

NUM_BANDS = 20
ROWS_A_BAND = 5
"""Rows whose features agree by 70 % share a band with probability 0.97, by 40 % with 0.19 (1 - (1 - s^5)^20)."""
SEED = 20250120
"""Of the permutations; a constant, so that every run finds the same duplicates."""
MIN_TELLING = 2
"""Numbers by which alone another wording is looked for."""
MAX_HEADS = 32
"""Different problems of one bucket that a row is compared with; more only occur in generated data."""
ROWS_AT_ONCE = 20_000
"""Whose signatures, or pairs of which, are made at once: some ten megabytes."""


class AlikeRows(Protocol):
    """What can be read again of rows that are alike."""

    def answer(self, row: int) -> str:
        """What a row's reference says; empty where it has none to compare."""

    def difference(self, first: int, second: int) -> str | None:
        """In what the texts of two alike rows differ that makes them different problems, if they do."""


class Duplicate(NamedTuple):
    """A row that says what another one says."""

    row: int
    kept: int
    """The row of its cluster that stays."""
    similarity: float
    """Share of content words in common; 1.0 for an exact duplicate."""
    is_exact: bool


class Differing(NamedTuple):
    """A row that reads like another one, and differs from it."""

    row: int
    other: int
    what: str


class Duplicates:
    """Collects fingerprints, then finds the clusters."""

    def __init__(self) -> None:
        self._known, self._ranks = Remembered(), array("q")
        self.differing: list[Differing] = []
        """Found by `find`: for each row that reads like another one the first that it differs from."""

    def add(self, found: Fingerprints, ranks: Sequence[int]) -> None:
        """Remember the next rows.

        A rank says how good a row's reference is: of a cluster the highest stays, and of equals the first.
        """
        self._known.add(found)
        self._ranks.extend(ranks)

    def __len__(self) -> int:
        return len(self._ranks)

    def find(self, rows: AlikeRows) -> list[Duplicate]:
        """The rows to drop, in order, each with the row of its cluster that stays."""
        if not len(self):
            return []
        search = _Search(self._known.all(), rows)
        search.run()
        self.differing = list(search.differing.values())
        pairs = [
            (row, kept)
            for rows_of_one in search.clusters.members()
            for kept in [max(rows_of_one, key=lambda row: (self._ranks[row], -row))]
            for row in rows_of_one
            if row != kept
        ]
        return search.duplicates(sorted(pairs))


class _Search:
    """Joins rows that are alike."""

    def __init__(self, known: Fingerprints, rows: AlikeRows) -> None:
        self._known, self._rows, self._likeness = known, rows, Likeness(known)
        self.clusters = Clusters(len(known.exact))
        self.differing: dict[int, Differing] = {}
        self._apart: set[tuple[int, int]] = set()
        """Pairs that were read; they meet again in other bands."""

    def run(self) -> None:
        """Join equal rows, then those that share a band, then those that share their numbers."""
        self._join_alike(np.arange(len(self._known.exact)), self._known.exact, _are_equal)
        candidates = self._candidates()
        for keys in band_keys(self._known, candidates).T:
            self._join_alike(candidates, keys, self._likeness.levels)
        numbers = self._known.numbers
        told = candidates[numbers.num_telling[candidates] >= MIN_TELLING]
        self._join_alike(told, numbers.sets[told], self._likeness.levels)

    def _candidates(self) -> Places:
        """The first row of each cluster so far, where it has content, and another such row has the same numbers."""
        rows: Places = np.arange(len(self._known.exact))
        rows = rows[(self.clusters.roots(rows) == rows) & (np.diff(self._known.starts) > 0)]
        _, same, counts = np.unique(self._known.numbers.sets[rows], return_inverse=True, return_counts=True)
        return rows[counts[same] > 1]

    def _join_alike(self, rows: Places, keys: Ids, likeness: Callable[[Places, Places], Levels]) -> None:
        """Join the rows of each bucket, which have the same key, to the first one that each is like."""
        order = np.argsort(keys, kind="stable")
        rows, keys = rows[order], keys[order]
        for _ in range(MAX_HEADS):
            is_head = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
            others = np.flatnonzero(~is_head)
            if not len(others):
                return
            heads = rows[np.flatnonzero(is_head)[np.cumsum(is_head)[others] - 1]]
            rows, keys = rows[others], keys[others]
            apart = self.clusters.roots(heads) != self.clusters.roots(rows)
            heads, rows, keys = heads[apart], rows[apart], keys[apart]
            joined = self._join(heads, rows, likeness)
            rows, keys = rows[~joined], keys[~joined]

    def _join(self, heads: Places, rows: Places, likeness: Callable[[Places, Places], Levels]) -> Flags:
        """Join each row to its head where they are alike and do not differ; returns for which that was so."""
        parts = [
            likeness(heads[at : at + ROWS_AT_ONCE], rows[at : at + ROWS_AT_ONCE])
            for at in range(0, len(rows), ROWS_AT_ONCE)
        ]
        levels = np.concatenate([np.zeros(0, np.uint8), *parts])
        joined = np.zeros(len(rows), np.bool_)
        for place in np.flatnonzero(levels != DIFFERENT).tolist():
            joined[place] = self._join_two(int(heads[place]), int(rows[place]), is_alike=bool(levels[place] == ALIKE))
        return joined

    def _join_two(self, head: int, row: int, *, is_alike: bool) -> bool:
        """Join a row to its head where they do not differ; where they are less alike only if their answers agree."""
        if (head, row) in self._apart:
            return False
        answers = self._rows.answer(head), self._rows.answer(row)
        if not is_alike and not all(answers):
            return False
        what = "answer" if are_other_answers(*answers) else None
        known = self._known.readings
        if what is None and not known.is_same(head, known, row):
            what = self._rows.difference(head, row)
        if what is None:
            self.clusters.join(head, row)
            return True
        self._apart.add((head, row))
        if is_alike:
            self.differing.setdefault(row, Differing(row, head, what))
        return False

    def duplicates(self, pairs: Sequence[tuple[int, int]]) -> list[Duplicate]:
        """Pairs of a row and the one that stays, with their likeness."""
        rows, kept = np.array(pairs, np.int64).reshape(-1, 2).T
        is_exact = self._known.exact[rows] == self._known.exact[kept]
        similarity = self._likeness.similarity(rows, kept).round(4)
        similarity[is_exact] = 1.0
        return list(map(Duplicate, rows.tolist(), kept.tolist(), similarity.tolist(), is_exact.tolist()))


def _are_equal(first: Places, _second: Places) -> Levels:
    return np.full(len(first), ALIKE, np.uint8)


def band_keys(known: Fingerprints, rows: Places) -> Ids:
    """For each row a key for each band: of its MinHash values, and of all numbers in the text."""
    parts = [_some_bands(known.take(rows[at : at + ROWS_AT_ONCE])) for at in range(0, len(rows), ROWS_AT_ONCE)]
    return np.concatenate([np.zeros((0, NUM_BANDS), np.uint64), *parts])


def _some_bands(known: Fingerprints) -> Ids:
    words = known.words.astype(np.uint64)
    is_last = np.zeros(len(words), np.bool_)
    is_last[known.starts[1:] - 1] = True
    pairs = np.where(is_last, words, words * FACTOR + np.roll(words, -1))
    features = mixed(np.stack([words, pairs], axis=1).ravel())
    offsets = (2 * known.starts).astype(np.uint64)
    digests = rensa.RMinHash.digest_matrix_from_flat_token_hashes(features, offsets, NUM_BANDS * ROWS_A_BAND, SEED)
    values = np.array(digests.to_rows(), np.uint64).reshape(-1, NUM_BANDS, ROWS_A_BAND)
    keys = np.repeat(known.numbers.sets[:, None], NUM_BANDS, axis=1)
    for column in range(ROWS_A_BAND):
        keys = mixed(keys ^ values[:, :, column])
    return keys

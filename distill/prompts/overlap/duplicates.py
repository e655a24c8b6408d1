"""Which prompts of a set say the same: exactly, or nearly, found by MinHash and locality-sensitive hashing.

A row is kept as numbers only (about 0.3 kB), so a million rows fit in half a gigabyte. A problem with other numbers
is another problem, however alike the words: only rows whose numbers some other row has too get a MinHash signature,
and become candidates where one band of it agrees. Candidates are then compared word by word, all pairs of a band at
once.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import rensa

from distill.prompts.overlap.chunk import (
    Flags,
    Ids,
    Places,
    TokenChunk,
    Values,
    compare,
    gather,
    mixed,
    run_places,
    sums,
)
from distill.prompts.overlap.clusters import Clusters
from distill.prompts.overlap.content import is_mathematical, is_number

NUM_BANDS = 20
ROWS_A_BAND = 5
"""Rows whose features agree by 70 % share a band with probability 0.97, by 40 % with 0.19 (1 - (1 - s^5)^20)."""
SEED = 20250120
"""Of the permutations; a constant, so that every run finds the same duplicates."""
MIN_SAME_WORDS = 0.8
"""Of the content words of both; below it two texts are different problems."""
SHORT, MIN_SAME_WORDS_SHORT = 12, 0.9
"""The same for texts of fewer words, of which each says more."""
MIN_SAME_PAIRS = 0.4
"""Of the neighbours: `5 + 2` and `2 + 5` have the same words, as have whole sentences in another order."""
MIN_SAME_FORMULAS = 0.3
"""Of the pairs with a number or sign: `8 red and 6 blue` are not `6 red and 8 blue`."""
MAX_HEADS = 32
"""Different problems of one bucket that a row is compared with; more only occur in generated data."""
ROWS_AT_ONCE = 20_000
"""Whose signatures, or pairs of which, are made at once: some ten megabytes."""
FACTOR = np.uint64(0x9E3779B97F4A7C15)

Difference = Callable[[int, int], str | None]
"""In what two alike rows differ that makes them different problems, if they do."""
Counts = npt.NDArray[np.float64]


class Fingerprints(NamedTuple):
    """What is remembered of texts."""

    exact: Ids
    """Equal for texts that differ in spelling, markup and layout only."""
    numbers: Ids
    """Equal for texts with the same numbers."""
    words: npt.NDArray[np.uint32]
    """Hashes of the content words in order; odd where the word belongs to a formula."""
    starts: Places

    def select(self, rows: Places) -> "Fingerprints":
        """Those of some texts."""
        starts, ends = self.starts[rows], self.starts[rows + 1]
        cut = np.append(0, np.cumsum(ends - starts))
        return Fingerprints(self.exact[rows], self.numbers[rows], self.words[gather(starts, ends)], cut)


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


def fingerprints(tokens: TokenChunk, content: TokenChunk) -> Fingerprints:
    """What to remember of texts, given their tokens and their content."""
    lengths = np.diff(tokens.starts)
    powers: Ids = np.cumprod(np.full(max(int(lengths.max(initial=0)), 1), FACTOR), dtype=np.uint64)
    exact: Ids = sums(mixed(tokens.ids) * powers[run_places(lengths)], tokens.starts[:-1], tokens.starts[1:])
    spread = mixed(content.ids)
    numbers = sums(spread * is_number(content.ids).astype(np.uint64), content.starts[:-1], content.starts[1:])
    words = (spread >> np.uint64(32)).astype(np.uint32) & np.uint32(2**32 - 2)
    words |= is_mathematical(content.ids).astype(np.uint32)
    return Fingerprints(exact, numbers, words, content.starts)


class Duplicates:
    """Collects fingerprints, then finds the clusters."""

    def __init__(self) -> None:
        self._exact, self._numbers = array("Q"), array("Q")
        self._words, self._starts = array("I"), array("q", [0])
        self._ranks = array("q")
        self.differing: list[Differing] = []
        """Found by `find`: for each row that reads like another one the first that it differs from."""

    def add(self, found: Fingerprints, ranks: Sequence[int]) -> None:
        """Remember the next rows.

        A rank says how good a row's reference is: of a cluster the highest stays, and of equals the first.
        """
        self._exact.frombytes(found.exact.tobytes())
        self._numbers.frombytes(found.numbers.tobytes())
        self._starts.frombytes((found.starts[1:] + len(self._words)).tobytes())
        self._words.frombytes(found.words.tobytes())
        self._ranks.extend(ranks)

    def __len__(self) -> int:
        return len(self._ranks)

    def find(self, difference: Difference = lambda _first, _second: None) -> list[Duplicate]:
        """The rows to drop, in order, each with the row of its cluster that stays."""
        if not len(self):
            return []
        known = Fingerprints(
            np.frombuffer(self._exact, np.uint64),
            np.frombuffer(self._numbers, np.uint64),
            np.frombuffer(self._words, np.uint32),
            np.frombuffer(self._starts, np.int64),
        )
        search = _Search(known, difference)
        search.join_alike(np.arange(len(self)), known.exact, lambda first, _: np.ones(len(first), np.bool_))
        candidates = search.candidates()
        for keys in _bands(known, candidates).T:
            search.join_alike(candidates, keys, search.are_alike)
        self.differing = list(search.differing.values())
        pairs = [
            (row, kept)
            for rows in search.clusters.members()
            for kept in [max(rows, key=lambda row: (self._ranks[row], -row))]
            for row in rows
            if row != kept
        ]
        return search.duplicates(sorted(pairs))


class _Search:
    """Joins rows that are alike."""

    def __init__(self, known: Fingerprints, difference: Difference) -> None:
        self._known, self._difference = known, difference
        self.clusters = Clusters(len(known.exact))
        self.differing: dict[int, Differing] = {}

    def candidates(self) -> Places:
        """The first row of each cluster so far, where it has content, and another such row has the same numbers."""
        rows: Places = np.arange(len(self._known.exact))
        rows = rows[(self.clusters.roots(rows) == rows) & (np.diff(self._known.starts) > 0)]
        _, same, counts = np.unique(self._known.numbers[rows], return_inverse=True, return_counts=True)
        return rows[counts[same] > 1]

    def join_alike(self, rows: Places, keys: Ids, are_alike: Callable[[Places, Places], Flags]) -> None:
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
            joined = self._join(heads, rows, are_alike)
            rows, keys = rows[~joined], keys[~joined]

    def _join(self, heads: Places, rows: Places, are_alike: Callable[[Places, Places], Flags]) -> Flags:
        """Join each row to its head where they are alike and do not differ; returns for which that was so."""
        alike = [
            are_alike(heads[at : at + ROWS_AT_ONCE], rows[at : at + ROWS_AT_ONCE])
            for at in range(0, len(rows), ROWS_AT_ONCE)
        ]
        joined = np.concatenate([np.zeros(0, np.bool_), *alike])
        for place in np.flatnonzero(joined).tolist():
            head, row = int(heads[place]), int(rows[place])
            what = self._difference(head, row)
            if what is None:
                self.clusters.join(head, row)
            else:
                joined[place] = False
                self.differing.setdefault(row, Differing(row, head, what))
        return joined

    def are_alike(self, first: Places, second: Places) -> Flags:
        """Which of these pairs say the same, as far as their content words tell."""
        num_pairs, ours, theirs = len(first), self._words(first), self._words(second)
        words = compare(ours, theirs)
        differing = np.abs(words.num_first - words.num_second) * (words.values & 1)
        num_first, num_second = np.bincount(ours.pairs), np.bincount(theirs.pairs)
        alike = words.total(differing, num_pairs) <= 1 + num_first // 20
        is_short = np.minimum(num_first, num_second) < SHORT
        alike &= _similarity(ours, theirs, num_pairs) >= np.where(is_short, MIN_SAME_WORDS_SHORT, MIN_SAME_WORDS)
        ours, theirs = _neighbours(ours), _neighbours(theirs)
        alike &= _similarity(ours, theirs, num_pairs) >= MIN_SAME_PAIRS
        ours, theirs = (side.where(side.values & 1 == 1) for side in (ours, theirs))
        return alike & (_similarity(ours, theirs, num_pairs) >= MIN_SAME_FORMULAS)

    def duplicates(self, pairs: Sequence[tuple[int, int]]) -> list[Duplicate]:
        """Pairs of a row and the one that stays, with their likeness."""
        rows, kept = np.array(pairs, np.int64).reshape(-1, 2).T
        is_exact = self._known.exact[rows] == self._known.exact[kept]
        similarity = _similarity(self._words(rows), self._words(kept), len(rows)).round(4)
        similarity[is_exact] = 1.0
        return list(map(Duplicate, rows.tolist(), kept.tolist(), similarity.tolist(), is_exact.tolist()))

    def _words(self, rows: Places) -> Values:
        starts, ends = self._known.starts[rows], self._known.starts[rows + 1]
        return Values(np.repeat(np.arange(len(rows)), ends - starts), self._known.words[gather(starts, ends)])


def _bands(known: Fingerprints, rows: Places) -> Ids:
    """For each row a key for each band: of its MinHash values, and of all numbers in the text."""
    parts = [_some_bands(known.select(rows[at : at + ROWS_AT_ONCE])) for at in range(0, len(rows), ROWS_AT_ONCE)]
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
    keys = np.repeat(known.numbers[:, None], NUM_BANDS, axis=1)
    for column in range(ROWS_A_BAND):
        keys = mixed(keys ^ values[:, :, column])
    return keys


def _neighbours(words: Values) -> Values:
    """Pairs of neighbours, odd where one of them belongs to a formula."""
    first, second = words.values[:-1], words.values[1:]
    spread = mixed(first.astype(np.uint64) * FACTOR + second).astype(np.uint32) & np.uint32(2**32 - 2)
    spread |= (first | second) & np.uint32(1)
    return Values(words.pairs[:-1], spread).where(words.pairs[:-1] == words.pairs[1:])


def _similarity(ours: Values, theirs: Values, num_pairs: int) -> Counts:
    """What is in common, by all of both (Jaccard, each as often as it stands there)."""
    words = compare(ours, theirs)
    union = words.total(np.maximum(words.num_first, words.num_second), num_pairs)
    common = words.total(np.minimum(words.num_first, words.num_second), num_pairs)
    return np.where(union > 0, common / np.maximum(union, 1), 1.0)

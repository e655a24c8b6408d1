"""Which prompts of a set say the same: exactly, or nearly, found by MinHash and locality-sensitive hashing.

A row is kept as numbers only (about 0.4 kB), so a million rows fit in half a gigabyte. Rows become candidates
where one band of their MinHash signatures agrees *and* their numbers are the same: a problem with other numbers is
another problem, however alike the words. Candidates are then compared word by word.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import rensa

from distill.prompts.overlap.content import is_mathematical
from distill.prompts.overlap.text import is_number

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


Word = TypeVar("Word", int, tuple[int, int])


class Fingerprint(NamedTuple):
    """What is remembered of a text."""

    exact: int
    """Equal for texts that differ in spelling, markup and layout only."""
    bands: bytes
    """One 64-bit key a band; empty where the text has no content to compare."""
    words: bytes
    """32-bit hashes of the content words in order; odd where the word belongs to a formula."""


class Duplicate(NamedTuple):
    """A row that says what another one says."""

    row: int
    kept: int
    """The row of its cluster that stays."""
    similarity: float
    """Share of content words in common; 1.0 for an exact duplicate."""
    is_exact: bool


def fingerprint(found: Sequence[str], words: Sequence[str]) -> Fingerprint:
    """What to remember of a text, given its tokens and their content."""
    exact = _hash("\0".join(found), 8)
    if not words:
        return Fingerprint(exact, b"", b"")
    hashes = np.array([_word(word) for word in words], dtype=np.uint32)
    return Fingerprint(exact, _bands(words).tobytes(), hashes.tobytes())


class Duplicates:
    """Collects fingerprints, then finds the clusters."""

    def __init__(self) -> None:
        self._exact = array("Q")
        self._bands = array("Q")
        self._banded = array("Q")
        self._words = array("I")
        self._starts = array("Q", [0])
        self._ranks = array("q")
        self._answers = array("Q")

    def add(self, found: Fingerprint, rank: int, answer: int) -> None:
        """Remember the next row.

        `rank` says how good its reference is: of a cluster the highest stays, and of equals the first.
        `answer` is a number that differs between answers, 0 where there is none: texts that are alike, but
        have different answers, are different problems.
        """
        if found.bands:
            self._banded.append(len(self._exact))
            self._bands.frombytes(found.bands)
        self._exact.append(found.exact)
        self._words.frombytes(found.words)
        self._starts.append(len(self._words))
        self._ranks.append(rank)
        self._answers.append(answer)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self) -> list[Duplicate]:
        """The rows to drop, in order, each with the row of its cluster that stays."""
        clusters = _Clusters(len(self))
        exact = np.frombuffer(self._exact, dtype=np.uint64) if self._exact else np.empty(0, np.uint64)
        for bucket in _buckets(exact):
            for row in bucket[1:]:
                clusters.join(bucket[0], row)
        bands = np.frombuffer(self._bands, dtype=np.uint64) if self._bands else np.empty(0, np.uint64)
        table = bands.reshape(-1, NUM_BANDS)
        for band in range(NUM_BANDS):
            for bucket in _buckets(np.ascontiguousarray(table[:, band])):
                self._join_alike([self._banded[place] for place in bucket], clusters)
        return self._dropped(clusters)

    def _join_alike(self, bucket: list[int], clusters: "_Clusters") -> None:
        """Join the rows of a bucket to the first one that each is like."""
        heads: list[int] = []
        for row in bucket:
            known = {clusters.root(head) for head in heads}
            if clusters.root(row) in known:
                continue
            match = next((head for head in heads if self._is_same(head, row)), None)
            if match is not None:
                clusters.join(match, row)
            elif len(heads) < MAX_HEADS:
                heads.append(row)

    def _is_same(self, first: int, second: int) -> bool:
        answers = {self._answers[first], self._answers[second]} - {0}
        if len(answers) == 2:
            return False
        ours, theirs = self._content(first), self._content(second)
        differing = (ours - theirs) + (theirs - ours)
        if sum(count for word, count in differing.items() if word & 1) > 1 + ours.total() // 20:
            return False
        is_short = min(ours.total(), theirs.total()) < SHORT
        if _similarity(ours, theirs) < (MIN_SAME_WORDS_SHORT if is_short else MIN_SAME_WORDS):
            return False
        ours_paired, theirs_paired = self._pairs(first), self._pairs(second)
        if _similarity(ours_paired, theirs_paired) < MIN_SAME_PAIRS:
            return False
        return _similarity(_in_formulas(ours_paired), _in_formulas(theirs_paired)) >= MIN_SAME_FORMULAS

    def _words_of(self, row: int) -> "array[int]":
        return self._words[self._starts[row] : self._starts[row + 1]]

    def _content(self, row: int) -> Counter[int]:
        return Counter(self._words_of(row))

    def _pairs(self, row: int) -> Counter[tuple[int, int]]:
        words = self._words_of(row)
        return Counter(pairwise(words))

    def _dropped(self, clusters: "_Clusters") -> list[Duplicate]:
        members: dict[int, list[int]] = {}
        for row in range(len(self)):
            if clusters.is_joined(row):
                members.setdefault(clusters.root(row), []).append(row)
        dropped = []
        for rows in members.values():
            kept = max(rows, key=lambda row: (self._ranks[row], -row))
            dropped += [self._duplicate(row, kept) for row in rows if row != kept]
        return sorted(dropped)

    def _duplicate(self, row: int, kept: int) -> Duplicate:
        if self._exact[row] == self._exact[kept]:
            return Duplicate(row, kept, 1.0, is_exact=True)
        return Duplicate(row, kept, round(_similarity(self._content(row), self._content(kept)), 4), is_exact=False)


class _Clusters:
    """Sets of rows that are joined step by step (union-find); the smallest row stands for its set."""

    def __init__(self, num_rows: int) -> None:
        self._parents = array("q", range(num_rows))
        self._is_joined = bytearray(num_rows)

    def root(self, row: int) -> int:
        """The row that stands for this one's set."""
        while self._parents[row] != row:
            self._parents[row] = row = self._parents[self._parents[row]]
        return row

    def join(self, first: int, second: int) -> None:
        """Make one set of two."""
        low, high = sorted((self.root(first), self.root(second)))
        self._parents[high] = low
        self._is_joined[first] = self._is_joined[second] = 1

    def is_joined(self, row: int) -> bool:
        """Whether the row's set has others."""
        return bool(self._is_joined[row])


def _bands(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """One key a band: of its MinHash values, and of all numbers in the text."""
    signature = rensa.RMinHash(num_perm=NUM_BANDS * ROWS_A_BAND, seed=SEED)
    signature.update(list(_features(words)))
    values = np.array(signature.digest(), dtype=np.uint64).reshape(NUM_BANDS, ROWS_A_BAND)
    numbers = np.uint64(_hash(" ".join(sorted(filter(is_number, words))), 8))
    with np.errstate(over="ignore"):
        keys = np.full(NUM_BANDS, numbers, dtype=np.uint64)
        for column in range(ROWS_A_BAND):
            keys = (keys ^ values[:, column]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
    return keys


@lru_cache(2**16)
def _word(word: str) -> int:
    """A word as a number, odd where it belongs to a formula."""
    return _hash(word, 4) & ~1 | is_mathematical(word)


def _features(words: Sequence[str]) -> Iterator[str]:
    """The words, and the pairs of neighbours."""
    yield from set(words)
    for pair in set(pairwise(words)):
        yield " ".join(pair)


def _buckets(keys: npt.NDArray[np.uint64]) -> Iterator[list[int]]:
    """The places that have one key in common, where there are at least two, each in order."""
    order = np.argsort(keys, kind="stable")
    changes = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, changes), np.append(changes, len(keys))
    for place in np.flatnonzero(ends - starts > 1):
        yield order[starts[place] : ends[place]].tolist()


def _in_formulas(pairs: Counter[tuple[int, int]]) -> Counter[tuple[int, int]]:
    return Counter({pair: count for pair, count in pairs.items() if (pair[0] | pair[1]) & 1})


def _similarity(ours: Counter[Word], theirs: Counter[Word]) -> float:
    """What is in common, by all of both (Jaccard, each as often as it stands there)."""
    union = (ours | theirs).total()
    return (ours & theirs).total() / union if union else 1.0


def _hash(text: str, num_bytes: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=num_bytes).digest())

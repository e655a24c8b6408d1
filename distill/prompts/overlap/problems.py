"""The problems of benchmarks, and by what each is found in a prompt."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Ids, Places, TokenChunk, gather, run_places, sums
from distill.prompts.overlap.content import is_mathematical, is_number
from distill.prompts.overlap.runs import LENGTHS, Runs, runs_of

NUM_KEYS = 16
"""Runs by which a problem is found: enough that rewording leaves some, few enough to be rare."""
MAX_PROBLEMS_A_KEY = 200
"""A run of more problems than this finds nothing in particular."""
MIN_SHARED = 0.15
"""Of the weight of the runs by which a problem is found; a prompt that shares less is no copy of it."""
MAX_OTHER_NUMBERS = 0.05
"""Of a problem's words: numbers that a copy may lack."""
NUM_CANDIDATES = 5
SLOTS_A_KEY = 32
POSTINGS_AT_ONCE = 2_000_000
"""Problems that the runs of prompts point to, looked at together: some ten megabytes."""

Weights = npt.NDArray[np.float64]


class Problem(NamedTuple):
    """A problem that must not be trained on."""

    label: str
    """Where it stands: its file and row."""
    text: str
    answer: str = ""
    """What its reference says; empty where it has none to compare."""


class Problems:
    """The content of benchmark problems, indexed by their rarest runs."""

    def __init__(self, content: TokenChunk) -> None:
        self.runs = runs_of(content)
        self.num_words = np.diff(content.starts)
        self.num_math = sums(is_mathematical(content.ids).astype(np.int64), content.starts[:-1], content.starts[1:])
        self._number_masks = _number_masks(content)
        self._index(len(self.num_words))

    def _index(self, num_problems: int) -> None:
        texts, features, places = _all_runs(self.runs)
        distinct, number = np.unique(features, return_inverse=True)
        pairs = np.unique(texts * len(distinct) + number)
        owners, owned = np.divmod(pairs, max(len(distinct), 1))
        counts = np.bincount(owned, minlength=len(distinct))
        self.rarest = float(np.log(num_problems + 1) + 0.1)
        """What a run weighs that one problem has."""
        weights = np.log(2 * (num_problems + 1)) - np.log(2 * np.maximum(counts, 1)) + 0.1
        self.weights = _by_length(self.runs, places, weights[number])
        """Of each run of the problems: the rarer, the more (inverse document frequency)."""
        order = np.lexsort((owned, counts[owned], owners))
        owners, owned = owners[order], owned[order]
        is_key = run_places(np.bincount(owners, minlength=num_problems)) < NUM_KEYS
        is_key &= counts[owned] <= MAX_PROBLEMS_A_KEY
        owners, owned = owners[is_key], owned[is_key]
        self._min_shared = MIN_SHARED * np.bincount(owners, weights[owned], num_problems)
        used, number = np.unique(owned, return_inverse=True)
        self._keys, self._key_weights = distinct[used], weights[used]
        self._postings = owners[np.argsort(number, kind="stable")]
        self._posting_starts = np.append(0, np.cumsum(np.bincount(number, minlength=len(used))))
        self._shift = np.uint64(64 - max(len(used) * SLOTS_A_KEY, 1).bit_length())
        self._may_be_key = np.zeros(2 ** (64 - int(self._shift)), np.bool_)
        self._may_be_key[self._keys >> self._shift] = True

    def candidates(self, content: TokenChunk, runs: Runs) -> tuple[Places, Places]:
        """Prompts and the problems that they may repeat: for each the few that share the most, by weight."""
        texts, keys = self._hits(runs)
        sizes = np.diff(self._posting_starts)[keys]
        begins = np.flatnonzero(np.diff(texts, prepend=-1))
        load = (np.cumsum(sizes) - sizes)[begins] // POSTINGS_AT_ONCE
        bounds = np.append(begins[np.flatnonzero(np.diff(load, prepend=-1))], len(texts))
        masks = _number_masks(content)
        found = [self._some_candidates(texts[a:b], keys[a:b], masks) for a, b in pairwise(bounds.tolist())]
        empty = np.zeros(0, np.int64)
        return (
            np.concatenate([empty, *(texts for texts, _ in found)]),
            np.concatenate([empty, *(problems for _, problems in found)]),
        )

    def _hits(self, runs: Runs) -> tuple[Places, Places]:
        """Prompts and the keys that they have, each once, by prompt."""
        texts, features, _ = _all_runs(runs)
        maybe = np.flatnonzero(self._may_be_key[features >> self._shift])
        texts, features = texts[maybe], features[maybe]
        places = np.minimum(np.searchsorted(self._keys, features), len(self._keys) - 1)
        found = self._keys[places] == features
        hits = np.unique(texts[found] * len(self._keys) + places[found])
        texts, keys = np.divmod(hits, len(self._keys))
        return texts, keys

    def _some_candidates(self, texts: Places, keys: Places, masks: npt.NDArray[np.uint64]) -> tuple[Places, Places]:
        starts, ends = self._posting_starts[keys], self._posting_starts[keys + 1]
        problems = self._postings[gather(starts, ends)]
        hits = np.repeat(np.arange(len(keys)), ends - starts)
        num_lacking = np.bitwise_count(self._number_masks[problems] & ~masks[texts[hits]])
        wanted = np.flatnonzero(num_lacking <= MAX_OTHER_NUMBERS * self.num_words[problems])
        problems, hits = problems[wanted], hits[wanted]
        pairs, same = np.unique(texts[hits] * len(self.num_words) + problems, return_inverse=True)
        shared = np.bincount(same, self._key_weights[keys[hits]], len(pairs))
        texts, problems = np.divmod(pairs, len(self.num_words))
        enough = np.flatnonzero(shared >= self._min_shared[problems])
        texts, problems, shared = texts[enough], problems[enough], shared[enough].round(6)
        order = np.lexsort((problems, -shared, texts))
        texts, problems = texts[order], problems[order]
        begins = np.flatnonzero(np.diff(texts, prepend=-1, append=-1))
        best = run_places(np.diff(begins)) < NUM_CANDIDATES
        return texts[best], problems[best]


def _number_masks(content: TokenChunk) -> npt.NDArray[np.uint64]:
    """64 bits for each text, one of them for each of its numbers: a number whose bit is not set is not there."""
    masks = np.zeros(content.num_texts, np.uint64)
    places = np.flatnonzero(is_number(content.ids))
    texts = np.searchsorted(content.starts, places, side="right") - 1
    np.bitwise_or.at(masks, texts, np.uint64(1) << (content.ids[places] >> np.uint64(58)))
    return masks


def _all_runs(runs: Runs) -> tuple[Places, Ids, list[Places]]:
    """Of runs of every length: their texts, the runs, and for each length where they begin."""
    everything = np.arange(len(runs.starts) - 1)
    found = [runs.places(everything, length) for length in LENGTHS]
    features = [kind[places] for kind, (places, _) in zip(runs.by_length, found, strict=True)]
    return np.concatenate([texts for _, texts in found]), np.concatenate(features), [places for places, _ in found]


def _by_length(runs: Runs, places: list[Places], weights: Weights) -> list[Weights]:
    """The weights of runs as arrays like those of the runs."""
    found = [np.zeros(len(kind)) for kind in runs.by_length]
    parts = np.split(weights, np.cumsum([len(each) for each in places])[:-1])
    for kind, where, part in zip(found, places, parts, strict=True):
        kind[where] = part
    return found

"""How alike two texts of a set are by their content words, many pairs at once."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Ids, Places, Shared, Values, compare, gather, mixed
from distill.prompts.overlap.fingerprints import Fingerprints

FACTOR = np.uint64(0x9E3779B97F4A7C15)
MIN_SAME_WORDS = 0.8
"""Of the content words of both; below it two texts are different problems."""
SHORT, MIN_SAME_WORDS_SHORT = 12, 0.9
"""The same for texts of fewer words, of which each says more."""
SLACK = 0.1
"""By which fewer are enough where the answers are the same."""
MIN_SAME_PAIRS = 0.4
"""Of the neighbours: `5 + 2` and `2 + 5` have the same words, as have whole sentences in another order."""
MIN_SAME_FORMULAS = 0.3
"""Of the pairs with a number or sign: `8 red and 6 blue` are not `6 red and 8 blue`."""
MIN_RETOLD, MIN_RETOLD_LONG, MIN_RETOLD_REORDERED = 0.5, 0.38, 0.6
"""Of the content words, where the same numbers, two or more that tell a problem, tell the same story in other words."""
MIN_WITHIN_WORDS, MIN_WITHIN_PAIRS = 0.9, 0.75
"""Of a text's words and neighbours that a longer one has."""
NUM_LANES = 4
"""Of 64 bits, in which each word of a text sets one."""

Counts = npt.NDArray[np.float64]
Levels = npt.NDArray[np.uint8]
DIFFERENT, ALIKE_IF_ANSWERS, ALIKE = range(3)
"""How alike texts are; in the middle: they say the same if their answers do."""


class _Pairs(NamedTuple):
    """What many pairs of texts have in common; shares are of all of both, 0 to 1."""

    num_words: tuple[Counts, Counts]
    num_math: Counts
    """Parts of the first one's formulas."""
    num_differing: Counts
    """Parts of formulas that only one of both has."""
    num_lacking: tuple[Counts, Counts]
    """Parts of the first one's formulas that the second lacks, and the other way round."""
    common: Counts
    words: Counts
    num_neighbours: tuple[Counts, Counts]
    common_neighbours: Counts
    neighbours: Counts
    neighbours_in_formulas: Counts


class Likeness:
    """Compares texts, given their fingerprints."""

    def __init__(self, known: Fingerprints) -> None:
        self._known = known
        self._sizes = np.diff(known.starts)
        lanes, bits = np.divmod((known.words >> np.uint32(24)).astype(np.int64), 64)
        lanes += np.repeat(np.arange(len(self._sizes)) * NUM_LANES, self._sizes)
        marks: Ids = np.zeros(len(self._sizes) * NUM_LANES, np.uint64)
        np.bitwise_or.at(marks, lanes, np.uint64(1) << bits.astype(np.uint64))
        self._lanes = marks.reshape(-1, NUM_LANES)

    def levels(self, first: Places, second: Places) -> Levels:
        """How alike the texts of each pair are."""
        found = np.zeros(len(first), np.uint8)
        maybe = np.flatnonzero(self._may_be_alike(first, second))
        found[maybe] = self._levels(first[maybe], second[maybe])
        return found

    def similarity(self, first: Places, second: Places) -> Counts:
        """The share of content words in common."""
        return _share(compare(self._words(first), self._words(second)), len(first))

    def _may_be_alike(self, first: Places, second: Places) -> Flags:
        """Whether pairs have the same numbers, and not more different words than any rule allows."""
        num_first, num_second = self._sizes[first], self._sizes[second]
        ours, theirs = self._lanes[first], self._lanes[second]
        missing = np.bitwise_count(ours & ~theirs).sum(axis=1, dtype=np.int64)
        surplus = np.bitwise_count(theirs & ~ours).sum(axis=1, dtype=np.int64)
        common = np.minimum(num_first - missing, num_second - surplus)
        may_be: Flags = common >= MIN_RETOLD_LONG * (num_first + num_second - common)
        may_be |= missing <= (1 - MIN_WITHIN_WORDS) * num_first + 1e-9
        may_be |= surplus <= (1 - MIN_WITHIN_WORDS) * num_second + 1e-9
        may_be &= self._known.numbers.sets[first] == self._known.numbers.sets[second]
        return may_be

    def _levels(self, first: Places, second: Places) -> Levels:
        pairs = self._compare(first, second)
        is_loose = _are_alike(pairs, SLACK) | self._are_retold(pairs, first, second)
        is_loose |= _are_within(pairs, 0) | _are_within(pairs, 1)
        return np.where(_are_alike(pairs, 0), ALIKE, np.where(is_loose, ALIKE_IF_ANSWERS, DIFFERENT)).astype(np.uint8)

    def _compare(self, first: Places, second: Places) -> _Pairs:
        num_pairs, ours, theirs = len(first), self._words(first), self._words(second)
        words = compare(ours, theirs)
        in_formula = words.values & 1
        lacking = tuple(
            words.total(np.maximum(more - less, 0) * in_formula, num_pairs)
            for more, less in ((words.num_first, words.num_second), (words.num_second, words.num_first))
        )
        ours, theirs = _neighbours(ours), _neighbours(theirs)
        pairs = compare(ours, theirs)
        return _Pairs(
            num_words=(self._sizes[first].astype(np.float64), self._sizes[second].astype(np.float64)),
            num_math=words.total(words.num_first * in_formula, num_pairs),
            num_differing=lacking[0] + lacking[1],
            num_lacking=(lacking[0], lacking[1]),
            common=words.total(np.minimum(words.num_first, words.num_second), num_pairs),
            words=_share(words, num_pairs),
            num_neighbours=(pairs.total(pairs.num_first, num_pairs), pairs.total(pairs.num_second, num_pairs)),
            common_neighbours=pairs.total(np.minimum(pairs.num_first, pairs.num_second), num_pairs),
            neighbours=_share(pairs, num_pairs),
            neighbours_in_formulas=_share(pairs, num_pairs, pairs.values & np.uint32(1)),
        )

    def _are_retold(self, pairs: _Pairs, first: Places, second: Places) -> Flags:
        """The same numbers, best in the same order, in another wording."""
        numbers = self._known.numbers
        num_telling = numbers.num_telling[first]
        enough = np.where(num_telling == 2, MIN_RETOLD, MIN_RETOLD_LONG)
        is_told: Flags = (
            (num_telling >= 2) & (numbers.orders[first] == numbers.orders[second]) & (pairs.words >= enough)
        )
        is_told |= (num_telling > 2) & (pairs.words >= MIN_RETOLD_REORDERED)
        is_told &= pairs.num_words[0] - pairs.num_math >= 5
        return is_told & (pairs.num_differing <= 2 + 0.4 * pairs.num_math)

    def _words(self, texts: Places) -> Values:
        starts, ends = self._known.starts[texts], self._known.starts[texts + 1]
        return Values(np.repeat(np.arange(len(texts)), ends - starts), self._known.words[gather(starts, ends)])


def _are_alike(pairs: _Pairs, slack: float) -> Flags:
    """The same words, many side by side."""
    is_short = np.minimum(*pairs.num_words) < SHORT
    alike: Flags = pairs.words >= np.where(is_short, MIN_SAME_WORDS_SHORT, MIN_SAME_WORDS) - slack
    alike &= pairs.num_differing <= 1 + pairs.num_words[0] // 20
    return alike & (pairs.neighbours >= MIN_SAME_PAIRS) & (pairs.neighbours_in_formulas >= MIN_SAME_FORMULAS)


def _are_within(pairs: _Pairs, side: int) -> Flags:
    """One text stands in the other one, which has a story or notes around it."""
    num_words = pairs.num_words[side]
    within: Flags = (num_words >= SHORT) & (pairs.num_lacking[side] == 0)
    within &= pairs.common >= MIN_WITHIN_WORDS * num_words
    return within & (pairs.common_neighbours >= MIN_WITHIN_PAIRS * pairs.num_neighbours[side])


def _neighbours(words: Values) -> Values:
    """Pairs of neighbours, odd where one of them belongs to a formula."""
    first, second = words.values[:-1], words.values[1:]
    spread = mixed(first.astype(np.uint64) * FACTOR + second).astype(np.uint32) & np.uint32(2**32 - 2)
    spread |= (first | second) & np.uint32(1)
    return Values(words.pairs[:-1], spread).where(words.pairs[:-1] == words.pairs[1:])


def _share(found: Shared, num_pairs: int, weights: npt.NDArray[np.uint32] | int = 1) -> Counts:
    """What is in common, by all of both (Jaccard, each as often as it stands there)."""
    union = found.total(np.maximum(found.num_first, found.num_second) * weights, num_pairs)
    common = found.total(np.minimum(found.num_first, found.num_second) * weights, num_pairs)
    return np.where(union > 0, common / np.maximum(union, 1), 1.0)

"""What is remembered of texts to find those that say the same: numbers only, about 0.3 kB a text."""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Ids, Places, TokenChunk, gather, mixed, run_places, sums
from distill.prompts.overlap.content import is_mathematical
from distill.prompts.overlap.numbers import Numbers, numbers_of
from distill.prompts.overlap.readings import Readings, readings

FACTOR = np.uint64(0x9E3779B97F4A7C15)


class Fingerprints(NamedTuple):
    """Of each text."""

    exact: Ids
    """Equal for texts that differ in spelling, markup and layout only."""
    readings: Readings
    numbers: Numbers
    words: npt.NDArray[np.uint32]
    """Hashes of the content words in order; odd where the word belongs to a formula."""
    starts: Places

    def take(self, texts: Places) -> "Fingerprints":
        """Those of some texts."""
        starts, ends = self.starts[texts], self.starts[texts + 1]
        cut = np.append(0, np.cumsum(ends - starts))
        words = self.words[gather(starts, ends)]
        return Fingerprints(self.exact[texts], self.readings.take(texts), self.numbers.take(texts), words, cut)


def fingerprints(texts: Sequence[str], tokens: TokenChunk, content: TokenChunk) -> Fingerprints:
    """What to remember of texts, given their tokens and their content."""
    lengths = np.diff(tokens.starts)
    powers: Ids = np.cumprod(np.full(max(int(lengths.max(initial=0)), 1), FACTOR), dtype=np.uint64)
    exact: Ids = sums(mixed(tokens.ids) * powers[run_places(lengths)], tokens.starts[:-1], tokens.starts[1:])
    words = (mixed(content.ids) >> np.uint64(32)).astype(np.uint32) & np.uint32(2**32 - 2)
    words |= is_mathematical(content.ids).astype(np.uint32)
    return Fingerprints(exact, readings(texts, tokens), numbers_of(content), words, content.starts)


class Remembered:
    """The fingerprints of all texts so far."""

    def __init__(self) -> None:
        self._exact, self._whole, self._sentences = (array("Q") for _ in range(3))
        self._sets, self._orders = array("Q"), array("Q")
        self._num_telling, self._words, self._starts = array("q"), array("I"), array("q", [0])

    def add(self, found: Fingerprints) -> None:
        """Remember the next ones."""
        self._exact.frombytes(found.exact.tobytes())
        self._whole.frombytes(found.readings.whole.tobytes())
        self._sentences.frombytes(found.readings.sentences.tobytes())
        self._sets.frombytes(found.numbers.sets.tobytes())
        self._orders.frombytes(found.numbers.orders.tobytes())
        self._num_telling.frombytes(found.numbers.num_telling.tobytes())
        self._starts.frombytes((found.starts[1:] + len(self._words)).tobytes())
        self._words.frombytes(found.words.tobytes())

    def all(self) -> Fingerprints:
        """All of them, without copying."""
        sets, orders = (np.frombuffer(part, np.uint64) for part in (self._sets, self._orders))
        return Fingerprints(
            np.frombuffer(self._exact, np.uint64),
            Readings(np.frombuffer(self._whole, np.uint64), np.frombuffer(self._sentences, np.uint64)),
            Numbers(sets, orders, np.frombuffer(self._num_telling, np.int64)),
            np.frombuffer(self._words, np.uint32),
            np.frombuffer(self._starts, np.int64),
        )

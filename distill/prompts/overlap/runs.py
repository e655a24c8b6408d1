"""Runs of one, two and three neighbours in the content of texts, as numbers."""

from typing import NamedTuple

import numpy as np

from distill.prompts.overlap.chunk import Ids, Places, TokenChunk, Values, gather, mixed
from distill.prompts.overlap.content import is_mathematical, is_number

LENGTHS = (1, 2, 3)
FACTOR = np.uint64(0x9E3779B97F4A7C15)
FORMULA, NUMBER = 1, 2
"""Bits of a word: whether it belongs to a formula, and whether it is a number. A pair has the first of them, too."""


class Runs(NamedTuple):
    """The runs that begin at each word of texts, by their length."""

    by_length: tuple[Ids, Ids, Ids]
    """Those that would reach into the next text are not to be read: see `places`."""
    starts: Places

    def places(self, texts: Places, length: int) -> tuple[Places, Places]:
        """Where the runs of some texts begin, and of which of the texts each is, by its place among them."""
        starts = self.starts[texts]
        ends = np.maximum(self.starts[texts + 1] - (length - 1), starts)
        return gather(starts, ends), np.repeat(np.arange(len(texts)), ends - starts)

    def values(self, texts: Places, length: int) -> Values:
        """The runs of some texts, each text one side of a pair."""
        places, pairs = self.places(texts, length)
        return Values(pairs, self.by_length[length - 1][places].astype(np.uint32))


def runs_of(content: TokenChunk) -> Runs:
    """The runs of texts, given their content."""
    flags = is_mathematical(content.ids) * np.uint64(FORMULA) | is_number(content.ids) * np.uint64(NUMBER)
    words = (mixed(content.ids) & np.uint64(2**64 - 4)) | flags
    following = np.append(words[1:], np.uint64(0))[: len(words)]
    pairs = (mixed(words * FACTOR + following) & np.uint64(2**64 - 2)) | ((words | following) & np.uint64(FORMULA))
    triples = mixed(pairs * FACTOR + np.append(words[2:], np.zeros(2, np.uint64))[: len(words)])
    return Runs((words, pairs, triples), content.starts)

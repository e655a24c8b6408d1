"""The distinct numbers of texts: a problem with other numbers is another problem, however alike the words."""

from typing import NamedTuple

import numpy as np

from distill.prompts.overlap.chunk import Flags, Ids, Places, TokenChunk, mixed, run_places, sums
from distill.prompts.overlap.content import is_number
from distill.prompts.overlap.spelling import identities

FACTOR = np.uint64(0x9E3779B97F4A7C15)
SAYING_LITTLE = identities(["0", "1", "2"])
"""Numbers that stand in too many problems to tell one."""


class Numbers(NamedTuple):
    """Of each text."""

    sets: Ids
    """Equal for texts with the same numbers, however often each stands there."""
    orders: Ids
    """Equal for texts with the same numbers in the order in which they first appear."""
    num_telling: Places
    """How many numbers are not `SAYING_LITTLE`."""

    def take(self, texts: Places) -> "Numbers":
        """Those of some texts."""
        return Numbers(self.sets[texts], self.orders[texts], self.num_telling[texts])


def numbers_of(content: TokenChunk) -> Numbers:
    """The numbers of texts, given their content or tokens."""
    places = np.flatnonzero(is_number(content.ids))
    texts, ids = np.searchsorted(content.starts, places, side="right") - 1, content.ids[places]
    _, firsts = np.unique(mixed(ids) ^ mixed(texts.astype(np.uint64) + np.uint64(1)), return_index=True)
    firsts.sort()
    texts, ids = texts[firsts], ids[firsts]
    starts = np.searchsorted(texts, np.arange(content.num_texts + 1))
    begins, ends, lengths = starts[:-1], starts[1:], np.diff(starts)
    powers: Ids = np.cumprod(np.full(max(int(lengths.max(initial=0)), 1), FACTOR), dtype=np.uint64)
    is_telling: Flags = ~np.isin(ids, SAYING_LITTLE)
    return Numbers(
        sums(mixed(ids), begins, ends),
        sums(mixed(ids) * powers[run_places(lengths)], begins, ends),
        sums(is_telling.astype(np.int64), begins, ends),
    )

"""Which candidates are looked at next, until every quota is full or nothing is left. Pure: it reads no text.

Texts decide late whether a candidate may stay, and reading them is what costs. So candidates are asked for in
rounds: first exactly as many as the quotas lack, then replacements for those that a filter has dropped.
"""

import numpy as np

from distill.dataset.candidates import Draws, Ints, Small
from distill.dataset.preference import Ranking

UNLIMITED = np.iinfo(np.int64).max // 2


class Picks:
    """The state of a selection: what each prompt and each quota has and may still take."""

    def __init__(self, ranking: Ranking, cap: int | None, quota_of: Small, targets: Ints, draws: Draws) -> None:
        """`quota_of` names the quota of every prompt (-1: none), `targets` the rows of every quota."""
        self._ranking = ranking
        self._cap = UNLIMITED if cap is None else cap
        self._quota_of = quota_of
        self._missing = targets.copy()
        self._draws = draws
        self._cursor = np.zeros(len(ranking.sizes), dtype=np.int64)
        self._num_kept = np.zeros(len(ranking.sizes), dtype=np.int64)

    @property
    def num_missing(self) -> Ints:
        """Rows that each quota still lacks."""
        return self._missing

    def next_round(self) -> Ints:
        """The candidates to look at now, in stored order; each counts as kept until `drop` says otherwise.

        Every prompt gives its first candidate before one gives its second, prompts in random order.
        """
        is_open = (self._quota_of >= 0) & (self._left() > 0)
        is_open[is_open] &= self._missing[self._quota_of[is_open]] > 0
        prompts = np.flatnonzero(is_open)
        num_left = self._left()[prompts]
        owner = np.repeat(prompts, num_left)
        step = np.arange(len(owner)) - np.repeat(np.cumsum(num_left) - num_left, num_left)
        taken = self._first_of_each_quota(owner, step)
        owner, step = owner[taken], step[taken]
        found = self._ranking.order[self._ranking.starts[owner] + self._cursor[owner] + step]
        self._take(owner)
        return np.sort(found)

    def drop(self, prompt: int, first: int = 0, last: int = 0) -> int | None:
        """A filter dropped a candidate of this prompt; gives its next one, if that is stored in [first, last).

        A replacement that lies elsewhere has to wait for a later round.
        """
        self._num_kept[prompt] -= 1
        self._missing[self._quota_of[prompt]] += 1
        if self._cursor[prompt] >= self._ranking.sizes[prompt]:
            return None
        found = int(self._ranking.order[self._ranking.starts[prompt] + self._cursor[prompt]])
        if not first <= found < last:
            return None
        self._take(np.array([prompt]))
        return found

    def _left(self) -> Ints:
        """How many candidates each prompt may still give."""
        left: Ints = np.minimum(self._cap - self._num_kept, self._ranking.sizes - self._cursor)
        return left

    def _first_of_each_quota(self, owner: Ints, step: Ints) -> Ints:
        quota = self._quota_of[owner]
        order = np.lexsort((self._draws[owner], self._num_kept[owner] + step, quota))
        sizes = np.bincount(quota, minlength=len(self._missing))
        place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        first: Ints = order[place < self._missing[quota[order]]]
        return first

    def _take(self, owner: Ints) -> None:
        np.add.at(self._cursor, owner, 1)
        np.add.at(self._num_kept, owner, 1)
        np.subtract.at(self._missing, self._quota_of[owner], 1)

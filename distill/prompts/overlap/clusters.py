"""Sets of rows that are joined step by step (union-find), many rows at a time."""

import numpy as np

from distill.prompts.overlap.chunk import Places


class Clusters:
    """The smallest row stands for its set."""

    def __init__(self, num_rows: int) -> None:
        self._parents = np.arange(num_rows)

    def roots(self, rows: Places) -> Places:
        """For each row the one that stands for its set."""
        found = self._parents[rows]
        while not np.array_equal(found, above := self._parents[found]):
            found = above
        self._parents[rows] = found
        return found

    def join(self, first: int, second: int) -> None:
        """Make one set of two."""
        low, high = sorted(self.roots(np.array([first, second])).tolist())
        self._parents[high] = low

    def members(self) -> list[list[int]]:
        """The rows of each set of several, in order."""
        roots = self.roots(np.arange(len(self._parents)))
        joined = np.flatnonzero(np.bincount(roots, minlength=len(roots))[roots] > 1)
        sets: dict[int, list[int]] = {}
        for row, root in zip(joined.tolist(), roots[joined].tolist(), strict=True):
            sets.setdefault(root, []).append(row)
        return list(sets.values())

"""Keys of rows as numbers, by which tables of millions of rows are compared in little time and memory."""

import numpy as np
import pyarrow as pa

from distill.store.arrays import Flags, Ints, numbers
from distill.store.table import Table

INDEX_BITS = 32
"""A number is the place of its prompt in the run's table, and behind it the index of the sample in so many bits."""
INDEX_MASK = (1 << INDEX_BITS) - 1


class Numbering:
    """The keys of samples and verdicts by the places of their prompts."""

    def __init__(self, prompts: Table) -> None:
        self._ids = prompts.column("id").combine_chunks()
        self.num_prompts = len(self._ids)

    def ids(self) -> list[str]:
        """The prompts in their places."""
        ids: list[str] = self._ids.to_pylist()
        return ids

    def keys(self, rows: pa.Table) -> Ints:
        """The keys of rows, in their order; below zero where the prompt is not there."""
        import pyarrow.compute as pc  # 9 MB, which a new run does without

        prompts = numbers(pc.index_in(rows.column("prompt_id"), value_set=self._ids), null=-1)
        return prompts << INDEX_BITS | numbers(rows.column("index"))


def without_verdict(samples: Table, verdicts: Table, numbering: Numbering) -> Flags:
    """For each row of samples, in the order of their table, whether verdicts has none of its key."""
    columns = samples.key_columns
    decided = np.unique(np.concatenate([np.zeros(0, np.int64), *map(numbering.keys, verdicts.tables(columns))]))
    keys = np.concatenate([np.zeros(0, np.int64), *map(numbering.keys, samples.tables(columns))])
    found: Flags = ~np.isin(keys, decided[decided >= 0])
    return found

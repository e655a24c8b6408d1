"""The texts of chosen samples and prompts, read a row group at a time."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from distill.store.shard import Shard

NUM_OPEN_SHARDS = 8
Positions = npt.NDArray[np.int64]


class Unit(NamedTuple):
    """A row group of a shard, and the positions of its rows among those of all shards."""

    run: int
    shard: Path
    group: int
    first: int
    last: int
    """The position behind its last row."""


def row_groups(
    shards: Sequence[Path], columns: Sequence[str], run: int = 0, first: int = 0
) -> Iterator[tuple[Unit, pa.Table]]:
    """Every row group of some shards with the named columns; `first` is the position of the first row."""
    for shard in shards:
        with Shard(shard) as file:
            for group, table in enumerate(file.groups(columns)):
                unit = Unit(run, shard, group, first, first + len(table))
                first = unit.last
                yield unit, table


class Texts:
    """Row groups of one table of a pool, by the positions of their rows."""

    def __init__(self, units: Sequence[Unit], columns: Sequence[str], num_cached: int = 1) -> None:
        """`num_cached` row groups are kept in memory, for rows that are asked for out of order."""
        self._units = units
        self._firsts = np.array([unit.first for unit in units], dtype=np.int64)
        opened = lru_cache(NUM_OPEN_SHARDS)(Shard)
        self._read = lru_cache(num_cached)(lambda unit: opened(unit.shard).group(unit.group, columns))

    def by_unit(self, positions: Positions) -> Iterator[tuple[Unit, Positions]]:
        """Ascending positions, split by the row group that holds them."""
        owners = np.searchsorted(self._firsts, positions, side="right") - 1
        for owner in np.unique(owners):
            yield self._units[owner], positions[owners == owner]

    def group(self, unit: Unit) -> pa.Table:
        """All rows of a row group."""
        table: pa.Table = self._read(unit)
        return table

    def rows(self, unit: Unit, positions: Positions) -> pa.Table:
        """The rows of a row group at these positions."""
        return self.group(unit).take(pa.array(positions - unit.first))

    def take(self, positions: Positions) -> pa.Table:
        """The rows at these positions, in their order."""
        wanted, inverse = np.unique(positions, return_inverse=True)
        parts = [self.rows(unit, found) for unit, found in self.by_unit(wanted)]
        return pa.concat_tables(parts, promote_options="default").take(pa.array(inverse))

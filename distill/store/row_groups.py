"""The row groups of Parquet shards, by the positions of their rows."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Ints = npt.NDArray[np.int64]


class Unit(NamedTuple):
    """A row group of a shard, and where its rows stand among all of their kind."""

    run: int
    shard: Path
    group: int
    first: int
    last: int
    """One behind its last row."""


class Texts:
    """Row groups of one table of a pool, by the positions of their rows."""

    def __init__(self, units: Sequence[Unit], columns: Sequence[str], num_cached: int = 1) -> None:
        """`num_cached` row groups are kept in memory, for rows that are asked for out of order."""
        self._num_cached = num_cached
        self._units = units
        self._columns = list(columns)
        self._firsts = np.array([unit.first for unit in units], dtype=np.int64)
        self._cache: OrderedDict[Unit, pa.Table] = OrderedDict()
        self._open: tuple[Path, pq.ParquetFile] | None = None

    def by_unit(self, positions: Ints) -> Iterator[tuple[Unit, Ints]]:
        """Ascending positions, split by the row group that holds them."""
        owners = np.searchsorted(self._firsts, positions, side="right") - 1
        for owner in np.unique(owners):
            yield self._units[owner], positions[owners == owner]

    def group(self, unit: Unit) -> pa.Table:
        """All rows of a row group."""
        if unit not in self._cache:
            self._cache[unit] = self._file(unit.shard).read_row_group(unit.group, columns=self._columns)
            if len(self._cache) > self._num_cached:
                self._cache.popitem(last=False)
        self._cache.move_to_end(unit)
        return self._cache[unit]

    def take(self, positions: Ints) -> pa.Table:
        """The rows at these positions, in their order."""
        wanted, inverse = np.unique(positions, return_inverse=True)
        parts = [self.group(unit).take(pa.array(found - unit.first)) for unit, found in self.by_unit(wanted)]
        return pa.concat_tables(parts).take(pa.array(inverse))

    def _file(self, shard: Path) -> pq.ParquetFile:
        if self._open is None or self._open[0] != shard:
            if self._open is not None:
                self._open[1].close()
            self._open = (shard, pq.ParquetFile(shard))
        return self._open[1]

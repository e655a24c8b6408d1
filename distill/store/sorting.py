"""A table's rows in one order, each key once, as one Parquet file: the same rows give the same order everywhere."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from distill.store.row_groups import Texts, Unit, row_groups
from distill.store.shard import new_shard, write_rows
from distill.store.table import Table

ROWS_AT_ONCE = 1000
NUM_CACHED_GROUPS = 64
"""Rows come nearly in the order in which they are wanted, so a few row groups serve them all."""
Rank = Callable[[tuple[str, int]], tuple[int, int]]


def write_sorted(table: Table, rank: Rank, file: Path) -> int:
    """Write the rows of a table's shards by the rank of their keys; of rows with one key the first stays.

    Returns their number. Memory holds the keys and a few row groups.
    """
    import numpy as np

    units: list[Unit] = []
    place: dict[tuple[str, int], int] = {}
    for unit, keys in row_groups(table.shards(), (table.id_column, "index")):
        units.append(unit)
        for position, row in enumerate(keys.to_pylist(), start=unit.first):
            place.setdefault(table.key(row), position)
    order = [place[key] for key in sorted(place, key=rank)]
    texts = Texts(units, table.schema.names, NUM_CACHED_GROUPS)
    with new_shard(file, table.schema) as writer:
        for start in range(0, len(order), ROWS_AT_ONCE):
            rows = texts.take(np.array(order[start : start + ROWS_AT_ONCE], dtype=np.int64))
            # Shards of an earlier version lack the newest columns, which are null there.
            write_rows(pa.concat_tables([table.schema.empty_table(), rows], promote_options="default"), writer)
    return len(order)

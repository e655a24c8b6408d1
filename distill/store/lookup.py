"""Rows by key, without holding their texts in memory: tests of a million problems do not fit there."""

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from distill.errors import RunError
from distill.records import Prompt
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store.table import Table

NUM_CACHED_GROUPS = 8
"""Samples come nearly in the order of their prompts, so a few row groups serve them all."""
Key = tuple[str, int]


class Place(NamedTuple):
    """Where a row stands."""

    shard: Path
    group: int
    row: int


class RowLookup:
    """Finds the rows of a sealed table; memory holds their keys and a few row groups."""

    def __init__(self, table: Table) -> None:
        self._places: dict[Key, Place] = {}
        self._groups: OrderedDict[tuple[Path, int], list[Row]] = OrderedDict()
        for shard in table.shards():
            with pq.ParquetFile(shard) as file:
                for group in range(file.num_row_groups):
                    keys = file.read_row_group(group, columns=table.key_columns).to_pylist()
                    self._places.update((table.key(key), Place(shard, group, row)) for row, key in enumerate(keys))

    def find(self, key: Key) -> Row | None:
        """The row of this key, if there is one."""
        place = self._places.get(key)
        return None if place is None else self._group(place.shard, place.group)[place.row]

    def __contains__(self, key: Key) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def _group(self, shard: Path, group: int) -> list[Row]:
        key = (shard, group)
        if key not in self._groups:
            with pq.ParquetFile(shard) as file:
                self._groups[key] = file.read_row_group(group).to_pylist()
            if len(self._groups) > NUM_CACHED_GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]


class PromptLookup:
    """Finds the prompts of a run's sealed `prompts` table."""

    def __init__(self, prompts: Table) -> None:
        self._rows = RowLookup(prompts)

    def __getitem__(self, prompt_id: str) -> Prompt:
        """The prompt of this id. Raises RunError where the run has none."""
        row = self._rows.find((prompt_id, 0))
        if row is None:
            raise RunError(f"The samples name the prompt {prompt_id!r}, which is not in the run's prompts/.")
        return schemas.prompt_of(row)

    def __contains__(self, prompt_id: str) -> bool:
        return (prompt_id, 0) in self._rows

    def __len__(self) -> int:
        return len(self._rows)

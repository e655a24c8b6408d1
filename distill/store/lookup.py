"""Rows by key, without holding their texts in memory: tests of a million problems do not fit there."""

from functools import lru_cache
from typing import NamedTuple

from distill.errors import RunError
from distill.records import Prompt
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store.row_groups import Unit, row_groups
from distill.store.shard import Shard
from distill.store.table import Table

NUM_CACHED_GROUPS = 16
"""Samples come nearly in the order of their prompts, so a few row groups serve them all."""
Key = tuple[str, int]


class Place(NamedTuple):
    """The place of a row."""

    unit: Unit
    row: int


class RowLookup:
    """Finds the rows of a sealed table; memory holds their keys and a few row groups."""

    def __init__(self, table: Table) -> None:
        self._places: dict[Key, Place] = {}
        self._group = lru_cache(NUM_CACHED_GROUPS)(_rows_of)
        for unit, keys in row_groups(table.shards(), table.key_columns):
            self._places.update((table.key(key), Place(unit, row)) for row, key in enumerate(keys.to_pylist()))

    def find(self, key: Key) -> Row | None:
        """The row of this key, if there is one."""
        place = self._places.get(key)
        return None if place is None else self._group(place.unit)[place.row]

    def __contains__(self, key: Key) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)


def _rows_of(unit: Unit) -> list[Row]:
    with Shard(unit.shard) as file:
        rows: list[Row] = file.group(unit.group).to_pylist()
    return rows


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

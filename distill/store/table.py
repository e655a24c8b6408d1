"""A keyed table of a run folder: sealed Parquet shards, and a journal for the tail.

Rows are appended to a journal segment named after this attempt. A segment that is large enough, or whose
attempt has ended, is *sealed*: written to a Parquet shard of the same stem under a temporary name, synced,
renamed, the folder synced, and only then is the segment removed. Being killed between any two of these steps
leaves either the segment or both, and both is recognised by the stem. Shards hold at most `SEGMENT_BYTES` of
raw text, so memory does not grow with the table. A thread seals, so that an event loop goes on meanwhile; where the
disk is too full for a shard, the segment stays.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from distill.errors import RunError
from distill.files import FULL, settle, sync_folder
from distill.rows.columns import Row
from distill.store import journal
from distill.store.journal import Journal
from distill.store.keys import Keys
from distill.store.shard import (
    ROWS_AT_ONCE,
    DamageError,
    count_rows,
    keep_rows,
    read_groups,
    read_shard,
    read_table,
    write_shard,
)

SEGMENT_BYTES = 128 * 2**20
"""Raw text of a shard at most."""


class Repair(NamedTuple):
    """What opening a table found and put right."""

    num_recovered: int
    """Rows that an attempt which ended early had left in journals."""
    num_torn: int
    """Damaged lines that were dropped."""


class Table:
    """One folder of a run. Reading needs nothing; writing needs `open` first, and the run's lock held."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema
        self.id_column = schema.names[0]
        self._has_index = "index" in schema.names
        self._journal: Journal | None = None
        self._sealing: dict[Journal, Future[None]] = {}
        self._attempt = ""
        self._num_segments = 0
        self._on_wait: Callable[[str], None] = lambda _: None

    def open(self, attempt: str, on_wait: Callable[[str], None]) -> Repair:
        """Repair and seal what earlier attempts left, then start this attempt's journal."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for partial in self.folder.glob("*.tmp"):
            partial.unlink()
        self._attempt, self._on_wait = attempt, on_wait
        return self._seal_leftovers()

    def append(self, row: Row) -> None:
        """Queue a row for the journal; it is stored once a later `commit` or `flush` returns."""
        if self._journal is None:
            name = f"{self._attempt}-{self._num_segments:04}.journal"
            self._journal = Journal(self.folder / name, self._on_wait)
            self._num_segments += 1
        self._journal.append(row)
        if self._journal.num_bytes >= SEGMENT_BYTES:
            self._rotate()

    async def commit(self) -> None:
        """Wait until all appended rows are on disk."""
        for each in self._open_journals():
            await each.commit()

    def flush(self) -> None:
        """As `commit`, for code without an event loop."""
        for each in self._open_journals():
            each.flush()

    def close(self) -> None:
        """Commit and seal the tail."""
        if self._journal is not None:
            self._rotate()
        while self._sealing:
            _, sealed = self._sealing.popitem()
            sealed.result()

    def seal(self) -> Repair:
        """Seal every segment: this attempt's, and those that could not be sealed when the table was opened."""
        self.close()
        return self._seal_leftovers()

    def remove(self, is_unwanted: Callable[[Row], bool], columns: Sequence[str]) -> int:
        """Forget the rows that `is_unwanted` names, given their `columns`; returns how many there were.

        The table is open. Its tail is sealed first, then each shard is replaced in one step, so a kill leaves some of
        the rows removed, never one of the others. Raises RunError where the disk is too full for that.
        """
        self.seal()
        if segments := self._segments():
            raise RunError(f"{segments[0]} could not be sealed; make room on the disk and run the same command again.")
        return sum(self._remove_from(shard, is_unwanted, columns) for shard in self.shards())

    def keys(self) -> Keys:
        """Every key in the table. Rows themselves are not loaded."""
        keys = Keys()
        for row in self.rows(self.key_columns):
            keys.add(*self.key(row))
        return keys

    @property
    def key_columns(self) -> list[str]:
        """The columns that make up the key."""
        return [self.id_column, "index"] if self._has_index else [self.id_column]

    def key(self, row: Row) -> tuple[str, int]:
        """The key of a row: its id, and its index where the table has several rows an id."""
        index = row["index"] if self._has_index else 0
        assert isinstance(index, int)
        return str(row[self.id_column]), index

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """Stream the stored rows, shards first, in the order in which they were sealed."""
        shards, tails = self._files()
        for shard in shards:
            yield from read_shard(shard, columns)
        for tail in tails:
            yield from self._read_tail(tail, columns)

    def tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Some columns of all stored rows, in the order of `rows`, a shard at a time; null where it lacks a column."""
        empty = pa.Table.from_batches([], pa.schema([self.schema.field(name) for name in columns]))
        for part in self._parts(lambda shard: iter([read_table(shard, columns)]), columns):
            yield pa.concat_tables([empty, part], promote_options="default").select(columns)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all stored rows, in the order of `rows`."""
        parts = [part.column(0) for part in self.tables([name])]
        return pa.chunked_array([chunk for part in parts for chunk in part.chunks], self.schema.field(name).type)

    def groups(self) -> Iterator[pa.Table]:
        """All stored rows, in the order of `rows`, a row group at a time."""
        return self._parts(read_groups, self.schema.names)

    def shards(self) -> list[Path]:
        """The sealed shards, oldest first."""
        return sorted(self.folder.glob("*.parquet"))

    def count(self) -> int:
        """The number of stored rows."""
        sealed = sum(count_rows(shard) for shard in self.shards())
        tails = (s for s in self._segments() if not s.with_suffix(".parquet").exists())
        return sealed + sum(journal.scan(segment).num_rows for segment in tails)

    def _files(self) -> tuple[list[Path], list[Path]]:
        """The shards, and the segments that are none yet."""
        segments = self._segments()  # listed first: one that is sealed meanwhile is then among the shards
        shards = self.shards()
        return shards, [segment for segment in segments if segment.with_suffix(".parquet") not in shards]

    def _parts(self, read: Callable[[Path], Iterator[pa.Table]], columns: Sequence[str]) -> Iterator[pa.Table]:
        """What is read of each shard, and then the rows of journals, some at a time."""
        schema = pa.schema([self.schema.field(name) for name in columns])
        shards, tails = self._files()
        for shard in shards:
            yield from read(shard)
        for tail in tails:
            rows = self._read_tail(tail, columns)
            while batch := list(islice(rows, ROWS_AT_ONCE)):
                yield pa.Table.from_pylist(batch, schema=schema)

    def _segments(self) -> list[Path]:
        return sorted(self.folder.glob("*.journal"))

    def _read_tail(self, segment: Path, columns: Sequence[str] | None) -> Iterator[Row]:
        """The rows of a segment, from its shard where another process has just sealed it."""
        try:
            for row in journal.read(segment):
                yield row if columns is None else {name: row.get(name) for name in columns}
        except FileNotFoundError:
            if segment.with_suffix(".parquet").exists():
                yield from read_shard(segment.with_suffix(".parquet"), columns)

    def _open_journals(self) -> list[Journal]:
        return [*self._sealing, *([self._journal] if self._journal else [])]

    def _rotate(self) -> None:
        assert self._journal is not None
        for earlier in [each for each, sealed in self._sealing.items() if sealed.done()]:
            self._sealing.pop(earlier).result()
        done, self._journal = self._journal, None
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"seal {done.path.name}")
        self._sealing[done] = thread.submit(self._close_and_seal, done)
        thread.shutdown(wait=False)

    def _close_and_seal(self, done: Journal) -> None:
        done.close()
        self._seal(done.path, Keys())

    def _remove_from(self, shard: Path, is_unwanted: Callable[[Row], bool], columns: Sequence[str]) -> int:
        is_kept = [not is_unwanted(row) for row in read_shard(shard, columns)]
        num_kept = sum(is_kept)
        if num_kept == 0:
            shard.unlink()
            sync_folder(self.folder)
        elif num_kept < len(is_kept):
            partial = shard.with_suffix(".parquet.tmp")
            keep_rows(shard, partial, is_kept)
            settle(partial, shard)
        return len(is_kept) - num_kept

    def _seal_leftovers(self) -> Repair:
        num_recovered = num_torn = 0
        segments = self._segments()
        try:
            keys = self._keys_of_shards() if segments else Keys()
        except DamageError as damage:
            self._on_wait(f"{damage} Until then {segments[0].name} stays as it is.")
            return Repair(0, 0)
        for segment in segments:
            if segment.with_suffix(".parquet").exists():
                segment.unlink()
                continue
            found = journal.scan(segment)
            num_recovered, num_torn = num_recovered + found.num_rows, num_torn + found.num_damaged
            self._seal(segment, keys)
        return Repair(num_recovered, num_torn)

    def _keys_of_shards(self) -> Keys:
        """The keys of the sealed shards alone."""
        keys = Keys()
        for shard in self.shards():
            for row in read_shard(shard, self.key_columns):
                keys.add(*self.key(row))
        return keys

    def _seal(self, segment: Path, known: Keys) -> None:
        """Turn a closed segment into a shard, unless the disk has no room for it; the rows are stored already."""
        partial = segment.with_suffix(".parquet.tmp")
        try:
            self._write_shard(segment, partial, known)
        except OSError as error:
            if error.errno not in FULL:
                raise
            partial.unlink(missing_ok=True)
            self._on_wait(f"The disk is too full to seal {segment}; its rows stay in the journal.")

    def _write_shard(self, segment: Path, partial: Path, known: Keys) -> None:
        """Of rows with one key the first wins."""
        if write_shard(segment, partial, self.schema, lambda row: known.add(*self.key(row)), self.key_columns):
            settle(partial, segment.with_suffix(".parquet"))
        else:
            partial.unlink()
        segment.unlink()

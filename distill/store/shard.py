"""A sealed shard: a Parquet file, made of a journal segment. It is replaced as a whole or not at all.

All shards are written and read here. Pages and footer carry checksums that every reading verifies, so damage is named
and never becomes other rows. Row groups are small: one that is damaged costs few rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from distill.errors import RunError
from distill.rows.columns import Row
from distill.store import footer, journal

ROW_GROUP_BYTES = 2**20
"""Raw text of a row group. It bounds what a flipped bit can cost, memory, and how long the interpreter is kept."""
ROWS_AT_ONCE = 512
"""Rows that are Python objects at once."""


class DamageError(RunError):
    """A shard is not what was written."""

    def __init__(self, shard: Path, reason: str) -> None:
        super().__init__(
            f"{shard} is damaged: {reason}. What can still be read of it is kept, and only the rest is made again, if "
            "you give the command that made it once more with --redraw damaged (distill generate … --redraw damaged). "
            "Or restore the file from a copy."
        )


class Shard:
    """A shard that is open for reading. Everything raises DamageError where it is damaged."""

    def __init__(self, path: Path, stream: BinaryIO | None = None) -> None:
        """`stream` has the bytes where `path` is only its name, in a storage that is no file system."""
        self._path = path
        with self._naming_damage():
            if stream is not None:
                footer.check(stream)
            else:
                with path.open("rb") as file:
                    footer.check(file)
            self._file = pq.ParquetFile(stream or path, page_checksum_verification=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its file."""
        self._file.close()

    @property
    def num_rows(self) -> int:
        """Of the whole shard."""
        return int(self._file.metadata.num_rows)

    @property
    def group_sizes(self) -> list[int]:
        """The rows of each row group."""
        metadata = self._file.metadata
        return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]

    @property
    def schema(self) -> pa.Schema:
        """Its columns. A shard of an earlier version lacks the newest."""
        return self._file.schema_arrow

    def group(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """A row group, with those of the columns that the shard has."""
        with self._naming_damage():
            return self._file.read_row_group(number, None if columns is None else list(columns), use_threads=False)

    def groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Each row group."""
        for number in range(self._file.num_row_groups):
            yield self.group(number, columns)

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """Each row."""
        for group in self.groups(columns):
            for batch in group.to_batches(ROWS_AT_ONCE):
                with self._naming_damage():
                    rows = batch.to_pylist()
                yield from rows

    def check(self, number: int) -> pa.Table:
        """A row group, whose values are looked at too: an earlier version had no checksums."""
        rows = self.group(number)
        with self._naming_damage():
            rows.validate(full=True)
        return rows

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows."""
        with self._naming_damage():
            return self._file.read(columns=None if columns is None else list(columns))

    @contextmanager
    def _naming_damage(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, PermissionError, pa.ArrowMemoryError):
            raise
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "it cannot be read"
            raise DamageError(self._path, reason) from None


@contextmanager
def new_shard(file: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A shard that is written by row groups; it is sealed if the block ends well."""
    with pq.ParquetWriter(
        file, schema, compression="zstd", compression_level=3, write_page_checksum=True, write_statistics=False
    ) as writer:
        yield writer
    footer.seal(file)


def write_rows(rows: pa.Table, writer: pq.ParquetWriter) -> None:
    """Write rows as row groups of the usual size."""
    if len(rows):
        writer.write_table(rows, row_group_size=max(1, len(rows) * ROW_GROUP_BYTES // max(1, rows.nbytes)))


def write_shard(segment: Path, file: Path, schema: pa.Schema, is_new: Callable[[Row], bool]) -> int:
    """Write the sound and new rows of a segment as a shard; returns their number."""
    num_rows = 0
    with segment.open("rb") as lines, new_shard(file, schema) as writer:
        decoded = ((journal.decode(line), len(line)) for line in lines)
        for rows in _batches((row, num_bytes) for row, num_bytes in decoded if row is not None and is_new(row)):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            num_rows += len(rows)
    return num_rows


def keep_rows(shard: Path, file: Path, is_kept: Sequence[bool]) -> None:
    """Write some rows of a shard as another, by their place; memory holds one row group."""
    with Shard(shard) as old, new_shard(file, old.schema) as new:
        first = 0
        for rows in old.groups():
            kept = rows.filter(pa.array(is_kept[first : first + len(rows)], pa.bool_()))
            if len(kept):
                new.write_table(kept)
            first += len(rows)


def read_shard(shard: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Stream a shard's rows."""
    with Shard(shard) as file:
        yield from file.rows(columns)


def read_table(shard: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of a shard."""
    with Shard(shard) as file:
        return file.table(columns)


def count_rows(shard: Path) -> int:
    """The number of a shard's rows."""
    with Shard(shard) as file:
        return file.num_rows


def _batches(rows: Iterable[tuple[Row, int]]) -> Iterator[list[Row]]:
    """Consecutive rows, which come with their bytes, in lists of `ROW_GROUP_BYTES` or more; the last may be smaller."""
    batch: list[Row] = []
    num_bytes = 0
    for row, row_bytes in rows:
        batch.append(row)
        num_bytes += row_bytes
        if num_bytes >= ROW_GROUP_BYTES:
            yield batch
            batch, num_bytes = [], 0
    if batch:
        yield batch

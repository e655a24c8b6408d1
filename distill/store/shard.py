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
import pyarrow.json
import pyarrow.parquet as pq

from distill.errors import RunError
from distill.rows.columns import Row
from distill.store import footer, journal
from distill.store.arrays import mask

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
            return self._file.read(None if columns is None else list(columns), use_threads=False)

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


def write_shard(
    segment: Path, file: Path, schema: pa.Schema, is_new: Callable[[Row], bool], columns: Sequence[str]
) -> int:
    """Write the sound rows of a segment that are new, as their `columns` tell, as a shard; returns their number."""
    num_rows = 0
    with segment.open("rb") as lines, new_shard(file, schema) as writer:
        for batch in _batches(payload for line in lines if (payload := journal.payload(line)) is not None):
            rows = _rows_of(batch, schema)
            flags = [is_new(row) for row in rows.select(columns).to_pylist()]
            new = rows if all(flags) else rows.filter(mask(flags))
            if len(new):
                writer.write_table(new)
            num_rows += len(new)
    return num_rows


def keep_rows(shard: Path, file: Path, is_kept: Sequence[bool]) -> None:
    """Write some rows of a shard as another, by their place; memory holds one row group."""
    with Shard(shard) as old, new_shard(file, old.schema) as new:
        first = 0
        for rows in old.groups():
            kept = rows.filter(mask(is_kept[first : first + len(rows)]))
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


def read_groups(shard: Path) -> Iterator[pa.Table]:
    """A shard's rows, a row group at a time."""
    with Shard(shard) as file:
        yield from file.groups()


def count_rows(shard: Path) -> int:
    """The number of a shard's rows."""
    with Shard(shard) as file:
        return file.num_rows


def _rows_of(payloads: list[bytes], schema: pa.Schema) -> pa.Table:
    """Rows in JSON as a table; columns that it does not know are left alone."""
    text = b"".join(payloads)
    rows = pyarrow.json.read_json(
        pa.BufferReader(text),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
    return rows.select(schema.names).combine_chunks()


def _batches(payloads: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Consecutive rows in lists of `ROW_GROUP_BYTES` or more; the last may be smaller."""
    batch: list[bytes] = []
    num_bytes = 0
    for payload in payloads:
        batch.append(payload)
        num_bytes += len(payload)
        if num_bytes >= ROW_GROUP_BYTES:
            yield batch
            batch, num_bytes = [], 0
    if batch:
        yield batch

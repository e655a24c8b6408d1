"""Rows of an export ─▶ files, streamed: lines of JSON, or Parquet."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from distill.export.rows import Unfit
from distill.export.tool import DataPart, Line
from distill.files import json_bytes

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 64
"""Rows that become columns at once."""
GROUP_ROWS = 1000
GROUP_BYTES = 64 * 10**6
"""Of a row group's texts: what is held before it is written."""


class RowWriter(Protocol):
    """Appends rows to one file."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def add(self, line: Line) -> None:
        """One more row. Raises Unfit where the file would be larger than it may be."""


def writer(part: DataPart, path: Path) -> RowWriter:
    """Writes rows of `part` to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return JsonLines(path, part.max_bytes) if part.schema is None else ParquetRows(path, part.schema())


class JsonLines:
    """An object a line."""

    def __init__(self, path: Path, max_bytes: int | None = None) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._num_bytes = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._file is not None
        self._file.close()

    def add(self, line: Line) -> None:
        """One more line."""
        assert self._file is not None
        text = json_bytes(line) + b"\n"
        if self._max_bytes is not None and self._num_bytes + len(text) > self._max_bytes:
            raise Unfit(f"the file is full: it may have {self._max_bytes // 10**6:,} MB")
        self._num_bytes += self._file.write(text)


class ParquetRows:
    """A Parquet file of row groups that are small enough to be read one by one."""

    def __init__(self, path: Path, schema: "pa.Schema") -> None:
        import pyarrow.parquet as pq

        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._lines: list[Line] = []
        self._batches: list[pa.RecordBatch] = []
        self._num_rows = self._num_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def add(self, line: Line) -> None:
        """One more row; rows reach the disk a group at a time."""
        self._lines.append(line)
        if len(self._lines) >= BATCH_ROWS:
            self._to_columns()
        if self._num_rows >= GROUP_ROWS or self._num_bytes >= GROUP_BYTES:
            self._flush()

    def _to_columns(self) -> None:
        import pyarrow as pa

        batch = pa.RecordBatch.from_pylist(self._lines, schema=self._schema)
        self._batches.append(batch)
        self._num_rows, self._num_bytes = self._num_rows + len(batch), self._num_bytes + batch.nbytes
        self._lines = []

    def _flush(self) -> None:
        import pyarrow as pa

        self._to_columns()
        self._writer.write_table(pa.Table.from_batches(self._batches, self._schema).combine_chunks())
        self._batches, self._num_rows, self._num_bytes = [], 0, 0

"""Parquet and Arrow files ─▶ rows of plain values, as JSON has them."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

from distill.errors import InputError
from distill.rows.files import DataFile
from distill.rows.parse import Row

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 256


def read_table_file(file: DataFile, first: int = 0) -> Iterator[Row]:
    """The rows of a Parquet or Arrow file from the one at `first` on, counted from 0; what it can skip is not read.

    Dates and exact decimals become text, bytes that are no text base64.

    Raises InputError where it cannot be read.
    """
    with _readable(file), file.open_seekable() as stream:
        if file.format == ".parquet":
            import pyarrow.parquet as pq

            table = pq.ParquetFile(stream, pre_buffer=False)  # else it holds all that was read until the file's end
            groups, first = _groups_from(table, first)
            schema, batches = table.schema_arrow, table.iter_batches(batch_size=BATCH, row_groups=groups)
        else:
            table = _open_arrow(stream)
            schema, batches = table.schema, _batches(table)
        if twice := next((name for name in schema.names if schema.names.count(name) > 1), None):
            raise InputError(f"{file.name} has two columns {twice!r}; write it with a name for each.")
        is_plain = all(map(_is_plain, schema.types))
        for batch in _from(batches, first):
            yield from batch.to_pylist() if is_plain else map(_plain_row, batch.to_pylist(maps_as_pydicts="lossy"))


def _groups_from(table: "pq.ParquetFile", first: int) -> tuple[list[int], int]:
    """The row groups from that of a row on, and the place of the row in the first of them."""
    sizes = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
    start = 0
    while start < len(sizes) and first >= sizes[start]:
        first -= sizes[start]
        start += 1
    return list(range(start, len(sizes))), first


def _from(batches: "Iterable[pa.RecordBatch]", first: int) -> "Iterator[pa.RecordBatch]":
    """Batches without the first rows of them all."""
    for batch in batches:
        if first < batch.num_rows:
            yield batch.slice(first)
        first = max(first - batch.num_rows, 0)


def count_table(file: DataFile) -> int:
    """How many rows a Parquet file holds, without reading them."""
    import pyarrow.parquet as pq

    with _readable(file), file.open_seekable() as stream:
        return int(pq.read_metadata(stream).num_rows)


@contextmanager
def _readable(file: DataFile) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise InputError(
            f"{file.name} is no readable {file.format[1:].capitalize()} file ({error}); fetch or write it anew."
        ) from None


def _open_arrow(stream: object) -> "pa.RecordBatchReader | pa.RecordBatchFileReader":
    """`datasets` writes a stream; others write a file, which begins with its name."""
    import pyarrow as pa

    file = pa.PythonFile(stream, mode="r")
    is_file = file.read(6) == b"ARROW1"
    file.seek(0)
    return pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)


def _batches(table: "pa.RecordBatchReader | pa.RecordBatchFileReader") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    is_file = isinstance(table, pa.RecordBatchFileReader)
    for whole in map(table.get_batch, range(table.num_record_batches)) if is_file else table:
        for first in range(0, whole.num_rows, BATCH):
            yield whole.slice(first, BATCH)


def _is_plain(kind: "pa.DataType") -> bool:
    """Whether Python's values of an Arrow type are those of JSON."""
    import pyarrow.types as of

    if of.is_struct(kind):
        return all(_is_plain(kind.field(place).type) for place in range(kind.num_fields))
    if of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind) or of.is_dictionary(kind):
        return _is_plain(kind.value_type)
    texts, numbers = (of.is_string, of.is_large_string, of.is_string_view), (of.is_integer, of.is_floating)
    return any(is_kind(kind) for is_kind in (*texts, *numbers, of.is_boolean, of.is_null))


def _plain_row(row: Row) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case Mapping():
            return {str(_plain(key)): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case Decimal():
            return int(value) if value == value.to_integral_value() else str(value)
        case date() | time():
            return value.isoformat()
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return b64encode(value).decode()
    return str(value)

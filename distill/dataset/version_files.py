"""A dataset by name ─▶ its files, its columns, and its rows as Arrow batches. Whoever wrote it, in whatever format."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from distill.errors import InputError
from distill.rows.files import DataFile, data_files
from distill.rows.hub import hub_files, is_hub_id
from distill.rows.read import Located, read_rows

ROWS_AT_ONCE = 512
NUM_FIRST_ROWS = 300
"""Rows from which the columns of a file that states none are told."""


class VersionFiles(NamedTuple):
    """The files of a dataset."""

    name: str
    folder: Path | None
    """Where what was said of it lies, as `selection.json`."""
    files: tuple[DataFile, ...]
    columns: Mapping[str, pa.DataType]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows, with these columns; a file that lacks one has nulls there. A row that is none is left out.

        Raises InputError for a file that cannot be read.
        """
        schema = pa.schema([(name, self.columns[name]) for name in columns])
        for file in self.files:
            for batch in _batches(file, columns):
                yield _filled(batch, schema)


def open_version(name: str) -> VersionFiles:
    """The files of a dataset: a folder, of one of ours its `data/`; a file; a pattern; an id of the Hub.

    Raises InputError where there are none, HubError where the Hub has no such dataset.
    """
    path = Path(name)
    if not path.exists() and is_hub_id(name):
        files = tuple(file for found in hub_files(name) for file in data_files(found))
        return VersionFiles(name, None, files, _columns(files))
    files = tuple(data_files(path / "data" if (path / "data").is_dir() else path))
    return VersionFiles(name, path if path.is_dir() else None, files, _columns(files))


def _columns(files: Sequence[DataFile]) -> dict[str, pa.DataType]:
    """The columns of all files, each with the type that the first of them gives it."""
    found: dict[str, pa.DataType] = {}
    for file in files:
        for field in _schema(file):
            if field.name not in found or pa.types.is_null(found[field.name]):
                found[field.name] = field.type
    return found


def _schema(file: DataFile) -> pa.Schema:
    if file.format == ".parquet":
        with _readable(file), file.open_seekable() as stream:
            return pq.read_schema(stream)
    return _table(file, list(islice(read_rows(file.path), NUM_FIRST_ROWS))).schema


def _batches(file: DataFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if file.format != ".parquet":
        rows = read_rows(file.path)
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            yield from _table(file, chunk).to_batches()
        return
    with _readable(file), file.open_seekable() as stream:
        table = pq.ParquetFile(stream, pre_buffer=False)
        there = [name for name in columns if name in table.schema_arrow.names]
        yield from table.iter_batches(ROWS_AT_ONCE, columns=there, use_threads=False)


def _table(file: DataFile, rows: Sequence[Located]) -> pa.Table:
    try:
        return pa.Table.from_pylist([row for row, _ in rows if not isinstance(row, InputError)])
    except pa.ArrowException as error:
        why = str(error).splitlines()[0]
        raise InputError(
            f"{file.name} has values of several kinds in a column ({why}); give each column one."
        ) from None


@contextmanager
def _readable(file: DataFile) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        why = str(error).splitlines()[0]
        raise InputError(f"{file.name} is no readable Parquet file ({why}); fetch or write it anew.") from None


def _filled(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of a schema in its order, of the types that the file gives them."""
    names = batch.schema.names
    columns = [
        batch.column(names.index(field.name)) if field.name in names else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, names=schema.names)

"""Datasets in blocks of rows, each read where it is needed: a block is a place in a file, not its content."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import orjson
import pyarrow as pa

from distill.errors import InputError
from distill.files import json_bytes, replacing, sha256
from distill.rows.read import read_rows
from distill.training.examples.row import COLUMNS, Record, SetAsideError
from distill.training.examples.sequences import mapped

Located = tuple[Record | SetAsideError, str]
"""A record, or why it is none, and where it stands."""


class RowBlock(Protocol):
    """Rows that are prepared together."""

    @property
    def file(self) -> str:
        """Where they come from, for messages."""
        ...

    @property
    def first(self) -> int:
        """Number of the first row in that file, from 1."""
        ...

    @property
    def num_rows(self) -> int:
        """How many they are."""
        ...

    def records(self) -> Iterator[Located]:
        """The rows, in order."""
        ...


class Lines(NamedTuple):
    """Lines of JSON."""

    file: str
    path: Path
    first: int
    offset: int
    """Bytes before them."""
    num_rows: int

    def records(self) -> Iterator[Located]:
        """See `RowBlock`."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for number, line in enumerate(islice(file, self.num_rows), start=self.first):
                if line.strip():
                    yield _record(line), f"{self.file}, row {number}"


class ArrowRows(NamedTuple):
    """Rows of a memory-mapped Arrow file, as `datasets` writes them."""

    file: str
    path: Path
    first: int
    start: int
    num_rows: int

    def records(self) -> Iterator[Located]:
        """See `RowBlock`."""
        table = _mapped(self.path)
        present = [name for name in COLUMNS if name in table.column_names]
        rows = table.select(present).slice(self.start, self.num_rows)
        number = self.first
        for batch in rows.to_batches(max_chunksize=64):
            for record in batch.to_pylist():
                yield record, f"{self.file}, row {number}"
                number += 1


def blocks_of(files: Sequence[Path], size: int, cache: Path) -> tuple[list[RowBlock], list[str]]:
    """The blocks of files, `size` rows each but for the last of a file, and the SHA-256 of each file.

    Lines of JSON are read once for both. What is neither lines nor Arrow is written as one of them to `cache` first.
    """
    blocks: list[RowBlock] = []
    digests = []
    for file in files:
        if file.suffix in {".parquet", ".arrow"}:
            digests.append(sha256(file))
            blocks += _arrow_blocks(file, size, cache)
        else:
            found, digest = _line_blocks(str(file), _as_lines(file, cache), size)
            blocks += found
            digests.append(digest)
    return blocks, digests


def _line_blocks(name: str, path: Path, size: int) -> tuple[list[Lines], str]:
    whole, starts, position, number = hashlib.sha256(), list[int](), 0, -1
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if number % size == 0:
                starts.append(position)
            whole.update(line)
            position += len(line)
    total = number + 1
    blocks = [Lines(name, path, 1 + at * size, start, min(size, total - at * size)) for at, start in enumerate(starts)]
    return blocks, whole.hexdigest()


def _as_lines(file: Path, cache: Path) -> Path:
    """A file of JSON lines as it is; a CSV file or an array of JSON, which is read whole, as lines in the cache."""
    with file.open("rb") as opened:
        is_array = opened.read(256).lstrip().startswith(b"[")
    if file.suffix != ".csv" and not is_array:
        return file
    path = cache / f"{sha256(file)}.jsonl"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        rows = _csv_rows(file) if file.suffix == ".csv" else _array(file)
        with replacing(path) as partial, partial.open("wb") as lines:
            lines.writelines(json_bytes(row) + b"\n" for row in rows)
    return path


def _csv_rows(file: Path) -> list[object]:
    """Rows; one that cannot be read is the reason as text, which is set aside as whatever is no object."""
    return [str(row) if isinstance(row, InputError) else row for row, _ in read_rows(file)]


def _array(file: Path) -> list[object]:
    try:
        values = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InputError(f"{file} begins as an array of JSON, but is none: {error}. Correct the file.") from error
    assert isinstance(values, list)
    return values


def _record(line: bytes) -> Record | SetAsideError:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return SetAsideError("not JSON", f"it is not JSON: {error}.")
    if not isinstance(record, dict):
        return SetAsideError("not JSON", "it should be a JSON object.")
    return record


def _arrow_blocks(file: Path, size: int, cache: Path) -> list[ArrowRows]:
    paths = [file] if file.suffix == ".arrow" else _as_arrow(file, cache)
    blocks, first = list[ArrowRows](), 1
    for path in paths:
        total = _mapped(path).num_rows
        for start in range(0, total, size):
            blocks.append(ArrowRows(str(file), path, first + start, start, min(size, total - start)))
        first += total
    return blocks


def _as_arrow(file: Path, cache: Path) -> list[Path]:
    """The needed columns of a Parquet file, so that any of its rows is at hand without reading those before it."""
    from datasets import Dataset, disable_progress_bars
    from pyarrow import parquet

    try:
        present = [name for name in COLUMNS if name in parquet.read_schema(file).names]
    except pa.ArrowInvalid as error:
        raise InputError(f"{file} is not a Parquet file: {error}") from error
    if not present:
        raise InputError(f"{file} has none of the columns that training reads: {', '.join(COLUMNS)}.")
    disable_progress_bars()
    rows = Dataset.from_parquet(str(file), columns=present, cache_dir=str(cache))
    assert isinstance(rows, Dataset)
    return [Path(part["filename"]) for part in rows.cache_files]


def _mapped(path: Path) -> pa.Table:
    try:
        return mapped(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} is no Arrow file as `datasets` saves it: {error}.") from error

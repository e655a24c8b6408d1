"""Files ─▶ rows ─▶ prompts, streamed, with the file and row of whatever is wrong."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.files import sha256
from distill.records import Prompt
from distill.rows.csv_rows import read_csv_file
from distill.rows.files import DataFile, data_files
from distill.rows.json_rows import count_json_file, read_json_file
from distill.rows.parse import Row, parse_prompt
from distill.rows.table_rows import count_table, read_table_file


class Located(NamedTuple):
    """A row and where it stands, counted from 1 as editors do."""

    row: Row | InputError
    """An error where the line is no row at all; whoever reads decides what that means."""
    where: str
    """For messages: `prompts.jsonl, row 17`."""


def read_rows(path: Path) -> Iterator[Located]:
    """Stream the rows of a file, of all files below a folder, or of those that a pattern names.

    JSON, CSV, TSV, Parquet and Arrow, compressed or not; see `distill.rows.files`.
    Raises InputError where there is no such file, where it cannot be read or is of another kind, and where there is no
    row.
    """
    is_empty = True
    for file in data_files(path):
        for located in read_part(file):
            is_empty = False
            yield located
    if is_empty:
        raise InputError(f"{path} holds no rows.")


def read_part(file: DataFile, first: int = 0, last: int | None = None) -> Iterator[Located]:
    """Stream the rows [first, last) of one file, counted from 0; their places are counted from 1 all the same.

    Of Parquet, row groups before `first` are not read, and lines of JSON are not parsed; other files are read up to it.
    Raises InputError where the file cannot be read.
    """
    rows = islice(_rows(file, first), None if last is None else max(last - first, 0))
    for number, row in enumerate(rows, start=first + 1):
        yield Located(row, f"{file.name}, row {number}")


def _rows(file: DataFile, first: int = 0) -> Iterator[Row | InputError]:
    match file.format:
        case ".parquet" | ".arrow":
            return read_table_file(file, first)
        case ".csv" | ".tsv":
            return islice(read_csv_file(file), first, None)
        case _:
            return read_json_file(file, first)


def read_prompts(path: Path) -> Iterator[Prompt]:
    """Stream the prompts of a file that is about to cost money: the first bad row is an error.

    Raises InputError with file and row: not a prompt row, an id given twice, no rows.
    """
    seen: dict[str, str] = {}
    for row, where in read_rows(path):
        try:
            if isinstance(row, InputError):
                raise row
            prompt = parse_prompt(row)
        except InputError as error:
            raise InputError(f"{where}: {error}. Mend the row or take it out, then run the command again.") from None
        first = seen.setdefault(prompt.id, where)
        if first != where:
            raise InputError(f"{where} has the id {prompt.id!r} of {first}; give each prompt an id of its own.")
        yield prompt


def count_rows(path: Path) -> int:
    """How many rows a file, a folder or a pattern holds.

    Lines of JSON and Parquet are not read for it; blank lines of the first count as rows here.
    """
    return sum(map(num_rows, data_files(path)))


def num_rows(file: DataFile) -> int:
    """How many rows one file holds; see `count_rows`."""
    match file.format:
        case ".parquet":
            return count_table(file)
        case ".csv" | ".tsv" | ".arrow":
            return sum(1 for _ in _rows(file))
        case _:
            return count_json_file(file)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, by which a changed file is recognised; of a folder's files, with their names."""
    if path.is_file():
        return sha256(path)
    files = dict.fromkeys(file.path for file in data_files(path))
    lines = [f"{sha256(file)}  {file.relative_to(path) if path.is_dir() else file.name}\n" for file in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()

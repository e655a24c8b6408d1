"""Files ─▶ rows ─▶ prompts, streamed, with the file and row of whatever is wrong."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.files import sha256
from distill.records import Prompt
from distill.rows.parse import Row, parse_prompt

SUFFIXES = (".jsonl", ".parquet", ".csv")


class Located(NamedTuple):
    """A row and where it stands, counted from 1 as editors do."""

    row: Row | InputError
    """An error where the line is no row at all; whoever reads decides what that means."""
    where: str
    """For messages: `prompts.jsonl, row 17`."""


def read_rows(path: Path) -> Iterator[Located]:
    """Stream the rows of a JSONL, Parquet or CSV file.

    Raises InputError for a file that is missing, empty or of another kind, and before the first row.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the path.")
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path} should end in {', '.join(SUFFIXES)}, so that its format is known.")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; it should hold one row a line.")
    read = {".jsonl": _read_jsonl, ".parquet": _read_parquet, ".csv": _read_csv}[path.suffix]
    for number, row in enumerate(read(path), start=1):
        yield Located(row, f"{path}, row {number}")


def read_prompts(path: Path) -> Iterator[Prompt]:
    """Stream the prompts of a file that is about to cost money: the first bad row is an error.

    Raises InputError with file and row: not a prompt row, an id given twice, no rows.
    """
    seen: dict[str, int] = {}
    for number, (row, where) in enumerate(read_rows(path), start=1):
        try:
            if isinstance(row, InputError):
                raise row
            prompt = parse_prompt(row)
        except InputError as error:
            raise InputError(f"{where}: {error}. Mend the row or take it out, then run the command again.") from None
        first = seen.setdefault(prompt.id, number)
        if first != number:
            raise InputError(f"{where} has the id {prompt.id!r} of row {first}; give each prompt an id of its own.")
        yield prompt
    if not seen:
        raise InputError(f"{path} holds no rows.")


def count_rows(path: Path) -> int:
    """How many rows a file holds, without reading them; blank lines of a text file count as rows here."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(path).num_rows)
    num_rows, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(2**20):
            num_rows, last = num_rows + block.count(b"\n"), block[-1:]
    return num_rows + (last != b"\n")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, by which a changed file is recognised."""
    if not path.is_file():
        raise InputError(f"There is no file {path}; check the path.")
    return sha256(path)


def _read_jsonl(path: Path) -> Iterator[Row | InputError]:
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield json_row(line)


def json_row(line: bytes) -> Row | InputError:
    """A line of JSON as a row, or why it is none."""
    try:
        return as_row(read_json(line))
    except InputError as error:
        return error


def read_json(text: bytes) -> object:
    """What JSON says; raises InputError where it is none, or nested too deeply to be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON ({error})") from None


def as_row(value: object) -> Row | InputError:
    """A value of JSON as a row, if it is an object."""
    return value if isinstance(value, dict) else InputError(f"it should be a JSON object, but is {repr(value)[:40]}")


def _read_parquet(path: Path) -> Iterator[Row | InputError]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} is no readable Parquet file: {error}.") from None
    with file:
        for batch in file.iter_batches(batch_size=256):
            yield from batch.to_pylist()


def _read_csv(path: Path) -> Iterator[Row | InputError]:
    csv.field_size_limit(2**31 - 1)  # its default is shorter than a completion may be
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            yield {name: value for name, value in row.items() if value != ""}

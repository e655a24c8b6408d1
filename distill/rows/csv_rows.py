"""Files of comma- or tab-separated values ─▶ rows, each with the columns that the first line names."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from distill.errors import InputError
from distill.rows.encodings import EncodingError, encoding_of, read_lines, text_of
from distill.rows.files import HEAD, DataFile
from distill.rows.parse import Row

MAX_OPEN = 2**28
"""A quote that is open for so many characters was never closed; what follows it is kept in memory until it closes."""
MAX_NAME = 64
"""No column has a longer name."""
NUM_TRIED = 100
"""Records by which it is told what stands between fields."""


class Style(NamedTuple):
    """What stands between fields, and whether quotes hold fields together."""

    delimiter: str
    is_quoted: bool = True

    def reader(self, lines: Iterator[str]) -> "Iterator[list[str]]":
        """The records that lines make."""
        read = partial(csv.reader, lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)
        return read() if self.is_quoted else read(quoting=csv.QUOTE_NONE)


def read_csv_file(file: DataFile) -> Iterator[Row | InputError]:
    """The rows of a file; empty fields are left out. A record with other fields than the first line is an error.

    Raises InputError where the first line names no columns.
    """
    csv.field_size_limit(2**31 - 1)  # its default is shorter than a completion may be
    style = _style(file)
    records = _records(map(partial(text_of, name=file.name), read_lines(file)), style)
    header = next((record for record in records if isinstance(record, InputError) or any(record)), None)
    if header is None:
        return
    if isinstance(header, InputError):
        raise InputError(f"The first line of {file.name} cannot be read: {header}.")
    columns = _columns(header, file.name)
    is_broken = False
    for record in records:
        if isinstance(record, InputError):
            is_broken = True
            yield record
        elif any(record):
            row = _row(columns, record, style)
            is_broken = is_broken and isinstance(row, InputError)  # what has other fields belongs to the broken one
            if not is_broken:
                yield row


class _Lines:
    """Lines of which those of the last record can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._again = lines, deque[str]()
        self.taken: list[str] = []
        self._num_taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._num_taken > MAX_OPEN:
            raise csv.Error(f"a quote is still open after {MAX_OPEN:,} characters")
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self._num_taken += len(line)
        return line

    def keep(self) -> None:
        """The record is whole; its lines are not needed again."""
        self.taken.clear()
        self._num_taken = 0

    def put_back(self) -> None:
        """All but the first."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.keep()


def _records(texts: Iterator[str], style: Style) -> Iterator[list[str] | InputError]:
    """Records; one that cannot be read ends with its first line, so that an open quote does not swallow those below."""
    lines = _Lines(texts)
    while True:
        try:
            for record in style.reader(lines):
                lines.keep()
                yield record
        except csv.Error as error:
            yield InputError(f"its quotes are wrong ({error}): {lines.taken[0].strip()[:60]!r}")
        except EncodingError as error:
            yield error
        else:
            return
        lines.put_back()


def _style(file: DataFile) -> Style:
    """The style in which most records have as many fields as the first, two at least; a comma or tab where none has."""
    head = file.head()
    lines = head.decode(encoding_of(head), "replace").splitlines(keepends=True)
    usual = "\t" if file.format == ".tsv" else ","
    styles = [Style(usual), *(Style(sign) for sign in ",;\t|" if sign != usual), Style("\t", is_quoted=False)]
    return max(styles, key=lambda style: _fit(lines if len(head) < HEAD else lines[:-1], style))


def _fit(lines: Sequence[str], style: Style) -> float:
    """The share of records at the beginning that have as many fields as the first one; 0 for single fields."""
    records = [record for _, record in zip(range(NUM_TRIED), _records(iter(lines), style), strict=False) if record]
    sizes = [0 if isinstance(record, InputError) else len(record) for record in records]
    return sizes.count(sizes[0]) / len(sizes) if sizes and sizes[0] > 1 else 0


def _columns(header: Sequence[str], name: str) -> list[str]:
    columns = [column.strip() or f"column {place}" for place, column in enumerate(header, start=1)]
    for column in columns:
        if not _may_be_name(column):
            raise InputError(
                f"The first line of {name} should name the columns, but {column[:40]!r} is no such name. Write a line "
                "with names above all."
            )
        if columns.count(column) > 1:
            raise InputError(f"{name} has two columns {column!r}; give each a name of its own in the first line.")
    return columns


def _may_be_name(column: str) -> bool:
    is_number = column.replace(".", "", 1).removeprefix("-").isdecimal()
    return not is_number and len(column) <= MAX_NAME and not column.endswith(("?", ".")) and "\n" not in column


def _row(columns: Sequence[str], record: Sequence[str], style: Style) -> Row | InputError:
    if len(record) < len(columns) or any(record[len(columns) :]):
        hint = f"; a field that holds {style.delimiter!r} needs quotes around it" if len(record) > len(columns) else ""
        return InputError(f"it has {len(record)} fields, but the first line names {len(columns)} columns{hint}")
    return {column: value for column, value in zip(columns, record, strict=False) if value != ""}

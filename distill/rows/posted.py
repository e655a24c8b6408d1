"""Completion rows as a program posts them: the body of a request, taken apart."""

from typing import NamedTuple

from distill.errors import InputError
from distill.rows.json_rows import as_row, json_row, read_json
from distill.rows.parse import Row
from distill.rows.read import Located


class Posted(NamedTuple):
    """The rows of a body, and how they were written."""

    rows: list[Located]
    is_array: bool
    """An array of objects; otherwise an object a line."""


def posted_rows(body: bytes, *, is_lines: bool = False) -> Posted:
    """The rows of a JSON array, or of JSON lines: what begins with `[` is an array unless it is said to be lines.

    An element or line that is no row is an error in its own place. Raises InputError for a body without any JSON.

    >>> [where for _, where in posted_rows(b'[{"completion": "4"}, 5]').rows]
    ['row 1', 'row 2']
    """
    is_array = not is_lines and body.lstrip().startswith(b"[")
    rows = _of_array(body) if is_array else _of_lines(body)
    return Posted([Located(row, f"row {number}") for number, row in enumerate(rows, start=1)], is_array)


def _of_array(body: bytes) -> list[Row | InputError]:
    values = read_json(body)
    assert isinstance(values, list)
    return [as_row(value) for value in values]


def _of_lines(body: bytes) -> list[Row | InputError]:
    rows = [json_row(line) for line in body.split(b"\n") if line.strip()]
    errors = [row for row in rows if isinstance(row, InputError)]
    if len(errors) == len(rows):
        raise errors[0] if errors else InputError("it is empty")
    return rows

"""Files of JSON ─▶ rows: a row a line, an array of rows, rows one behind the other, or an object with an array in it.

Elements of an array are found by Python's own decoder in a window on the text, so that an array takes no more memory
than its longest element. ijson is as fast; it refuses NaN and long integers, and replaces halves of surrogate pairs.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice

from pydantic_core import from_json

from distill.errors import InputError
from distill.rows.encodings import EncodingError, encoding_of, read_lines, read_pieces, western
from distill.rows.files import HEAD, DataFile
from distill.rows.parse import PROMPT_COLUMNS, Row

_DECODER = json.JSONDecoder(strict=False)
_BLANKS = re.compile(r"[ \t\r\n]*")
_OF_A_ROW = frozenset({
    *PROMPT_COLUMNS, "messages", "conversations", "conversation", "turns", "completion", "chosen", "rejected",
    "options", "tools", "test_cases", "instances",
})  # fmt: skip
"""Lists of objects that a single row has."""


def read_json_file(file: DataFile, first: int = 0) -> Iterator[Row | InputError]:
    """The rows of a file from the one at `first` on, counted from 0; lines before it are not parsed.

    Raises InputError where it is no JSON, but for single lines.
    """
    if _is_lines(file):
        lines = (line for line in read_lines(file) if not line.isspace())
        return (_line_row(line, file.name) for line in islice(lines, first, None))
    return islice(_document_rows(file), first, None)


def count_json_file(file: DataFile) -> int:
    """How many rows a file holds; lines are counted, blank ones too, rather than read."""
    if not _is_lines(file):
        return sum(1 for _ in _document_rows(file))
    num_rows, last = 0, b"\n"
    with file.open() as stream:
        while block := stream.read(HEAD):
            num_rows, last = num_rows + block.count(b"\n"), block[-1:]
    return num_rows + (last != b"\n")


def json_row(text: bytes | str) -> Row | InputError:
    """A JSON text as a row, or why it is none."""
    try:
        return as_row(read_json(text))
    except InputError as error:
        return error


def read_json(text: bytes | str) -> object:
    """What JSON says; raises InputError where it is none, or nested deeper than 200 levels.

    NaN and Infinity are numbers here, as Python writes them: whoever needs a value refuses them.
    """
    try:
        return from_json(text, cache_strings="keys")
    except ValueError as error:
        if "recursion limit" in str(error):
            raise InputError("it is not JSON that can be read, but nested too deeply") from None
    try:
        return json.loads(text)  # takes halves of surrogate pairs, too
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON ({error})") from None


def as_row(value: object) -> Row | InputError:
    """A value of JSON as a row, if it is an object."""
    return value if isinstance(value, dict) else InputError(f"it should be a JSON object, but is {repr(value)[:40]}")


class JsonError(ValueError):
    """From here on a text is no JSON."""


class JsonTexts:
    """The texts of an array's elements, or of values one behind the other, with commas between them or without.

    >>> list(JsonTexts(iter(['[{"a": 1}, {"', 'a": 2}]'])))
    ['{"a": 1}', '{"a": 2}']
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces, self._text, self._at = pieces, "", 0
        self.is_array = self._peek() == "["

    def __iter__(self) -> Iterator[str]:
        """Raises JsonError where it is no JSON."""
        end = "]" if self.is_array else ""
        self._at += len(end)
        while (sign := self._peek()) != end:
            if not sign:
                raise JsonError("the array has no end")
            if sign == ",":
                self._at += 1
            else:
                yield self._take()
        self._at += len(end)
        if self._peek():
            raise JsonError("the array has ended, and more follows")

    def _peek(self) -> str:
        """The next sign that is no blank; nothing at the end."""
        while True:
            found = _BLANKS.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _take(self) -> str:
        """The text of the next value."""
        while True:
            try:
                _, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                near = self._text[max(self._at, error.pos - 20) : error.pos + 20]
                if not self._may_go_on(error) or not self._read_on():
                    raise JsonError(f"what follows is not JSON ({error.msg}): {near!r}") from None
            except RecursionError:
                raise JsonError("what follows is nested too deeply") from None
            else:
                if end < len(self._text) or not self._read_on():
                    text, self._at = self._text[self._at : end], end
                    return text

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the text may be right but for being cut off: it is wrong at its end, or a string has none."""
        return error.msg.startswith("Unterminated") or error.pos > len(self._text) - 16

    def _read_on(self) -> bool:
        """Twice as much each time, so that a long value is not tried too often; False at the end."""
        left = self._text[self._at :]
        pieces, wanted = [left], max(len(left), 1)
        for piece in self._pieces:
            pieces.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        self._text, self._at = "".join(pieces), 0
        return len(self._text) > len(left)


def _is_lines(file: DataFile) -> bool:
    """Whether a row stands on a line: one of the first three is JSON by itself, and not the only line."""
    head = file.head()
    begin = [line for line in head.decode(encoding_of(head), "replace").split("\n", 8) if line.strip()][:3]
    if len(begin) == 1 and len(head) == HEAD:  # its end is not in sight
        return file.format != ".json" and not begin[0].lstrip().startswith("[")
    if not begin or not begin[0].lstrip("\ufeff \t\r").startswith(("[", "{")):
        return True
    if begin[0].lstrip().startswith("["):
        return len(begin) > 1 and _is_json(begin[0])
    return any(map(_is_json, begin)) and (len(begin) > 1 or file.format != ".json")


def _is_json(line: str) -> bool:
    try:
        return isinstance(read_json(line), dict | list)
    except InputError:
        return False


def _line_row(line: bytes, name: str) -> Row | InputError:
    row = json_row(line)
    if isinstance(row, InputError):
        try:
            line.decode()
        except UnicodeDecodeError:
            try:
                return json_row(western(line, name))
            except EncodingError as error:
                return error
    return row


def _document_rows(file: DataFile) -> Iterator[Row | InputError]:
    number = 0
    try:
        texts = JsonTexts(read_pieces(file))
        values = map(json_row, texts)
        rows = _opened(values, file.name) if file.format == ".json" and not texts.is_array else values
        for row in rows:
            yield row
            number += 1
    except (JsonError, EncodingError) as error:
        raise InputError(f"{file.name} cannot be read behind row {number}: {error}. Mend it there.") from None


def _opened(rows: Iterator[Row | InputError], name: str) -> Iterator[Row | InputError]:
    """The rows of a list in an object that is alone: `{"version": 1, "data": [{…}, …]}`; others as they are."""
    first, second = next(rows, None), next(rows, None)
    if first is None or second is not None or isinstance(first, InputError):
        return chain((row for row in (first, second) if row is not None), rows)
    lists = [key for key, value in first.items() if _is_rows(value) and key not in _OF_A_ROW]
    if len(lists) > 1:
        raise InputError(f"{name} holds several lists of rows: {', '.join(lists)}. Write each to a file of its own.")
    inside = first[lists[0]] if lists else [first]
    assert isinstance(inside, list)
    return map(as_row, inside)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)

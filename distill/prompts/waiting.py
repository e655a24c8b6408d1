"""Rows that may stay, in a file beside the output until it is known which of them say the same."""

from array import array
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import orjson

from distill.prompts.intake import KeptRow
from distill.prompts.overlap.text import tokens
from distill.rows.parse import LETTERS, Row


class WaitingRow(NamedTuple):
    """A row that was read again."""

    source: str
    where: str
    domain: str
    id: str
    line: bytes


class WaitingRows:
    """The rows of an open file, in the order in which they came. Memory holds where each begins."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begins = array("Q")
        self._end = 0

    def add(self, row: KeptRow) -> None:
        """Write the next row."""
        head = orjson.dumps([row.source, row.where, row.domain, row.id]) + b"\n"
        self._begins.append(self._end)
        self._end += self._file.write(head) + self._file.write(row.line)

    def __iter__(self) -> Iterator[WaitingRow]:
        self._file.seek(0)
        yield from map(_read, self._file, self._file)

    def __getitem__(self, number: int) -> WaitingRow:
        self._file.seek(self._begins[number])
        return _read(self._file.readline(), self._file.readline())

    def difference(self, first: int, second: int) -> str | None:
        """In what two rows differ that read alike, if that makes them different problems."""
        ours, theirs = (orjson.loads(self[number].line) for number in (first, second))
        if "scorer" in ours or "scorer" in theirs:
            return None if ours["prompt"] == theirs["prompt"] else "puzzle"  # which may be a drawing
        answers = _answer_text(ours), _answer_text(theirs)
        return "answer" if None not in answers and _are_other_answers(*map(str, answers)) else None


def _answer_text(row: Row) -> str | None:
    """What a row's answer says, if it says anything alone: the letter of a choice says nothing without its text."""
    answer, choices = row.get("answer"), row.get("choices")
    if not isinstance(answer, str):
        return None
    if not isinstance(choices, list):
        return answer
    return str(choices[LETTERS.index(answer)]) if len(answer) == 1 and answer in LETTERS[: len(choices)] else None


def _read(head: bytes, line: bytes) -> WaitingRow:
    source, where, domain, row_id = orjson.loads(head)
    return WaitingRow(source, where, domain, row_id, line)


def _are_other_answers(first: str, second: str) -> bool:
    if first == second:
        return False
    found = tokens([first, second])
    ours, theirs = found.ids[: found.starts[1]], found.ids[found.starts[1] :]
    return ours.tolist() != theirs.tolist() if len(found.ids) else True

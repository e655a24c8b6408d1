"""Rows that may stay, in a file beside the output until it is known which of them say the same."""

from array import array
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import orjson

from distill.prompts.intake import KeptRow, answer_text
from distill.prompts.normalise import question
from distill.prompts.overlap.text import tokens
from distill.records import Prompt
from distill.references import Scorer
from distill.rows.parse import parse_prompt


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
        ours, theirs = self._prompt(first), self._prompt(second)
        if isinstance(ours.reference, Scorer) or isinstance(theirs.reference, Scorer):
            return None if question(ours) == question(theirs) else "puzzle"  # which may be a drawing
        answers = answer_text(ours.reference), answer_text(theirs.reference)
        return "answer" if None not in answers and _are_other_answers(*map(str, answers)) else None

    def _prompt(self, number: int) -> Prompt:
        return parse_prompt(orjson.loads(self[number].line))


def _read(head: bytes, line: bytes) -> WaitingRow:
    source, where, domain, row_id = orjson.loads(head)
    return WaitingRow(source, where, domain, row_id, line)


def _are_other_answers(first: str, second: str) -> bool:
    if first == second:
        return False
    found = tokens([first, second])
    ours, theirs = found.ids[: found.starts[1]], found.ids[found.starts[1] :]
    return ours.tolist() != theirs.tolist() if len(found.ids) else True

"""Rows that may stay, in a file beside the output until it is known which of them say the same."""

from array import array
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import orjson

from distill.prompts.intake import KeptRow
from distill.prompts.overlap.answers import answer_text
from distill.prompts.overlap.puzzle import puzzle_key
from distill.prompts.overlap.veto import difference
from distill.prompts.turns import asked_text
from distill.references import Scorer
from distill.rows.parse import Row


class WaitingRow(NamedTuple):
    """A row that was read again."""

    source: str
    where: str
    domain: str
    id: str
    lacks: tuple[str, ...]
    line: bytes


class WaitingRows:
    """The rows of an open file, in the order in which they came. Memory holds where each begins."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._begins = array("Q")
        self._end = 0

    def add(self, row: KeptRow) -> None:
        """Write the next row."""
        head = orjson.dumps([row.source, row.where, row.domain, row.id, row.lacks]) + b"\n"
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
        texts = asked_text(ours["prompt"]), asked_text(theirs["prompt"])
        if "scorer" in ours or "scorer" in theirs:
            keys = [_puzzle_key(row, text) for row, text in zip((ours, theirs), texts, strict=True)]
            return None if keys[0] == keys[1] else "puzzle"
        return difference(*texts) or difference(*reversed(texts))

    def answer(self, number: int) -> str:
        """What a row's answer says; empty where it has none, or where that stays open."""
        row = orjson.loads(self[number].line)
        return answer_text(row.get("answer"), row.get("choices"))


def _puzzle_key(row: Row, text: str) -> str | None:
    return puzzle_key(Scorer.model_validate(row["scorer"]), text) if "scorer" in row else None


def _read(head: bytes, line: bytes) -> WaitingRow:
    source, where, domain, row_id, lacks = orjson.loads(head)
    return WaitingRow(source, where, domain, row_id, tuple(lacks), line)

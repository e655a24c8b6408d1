"""Every trace that some measure flags, as lines of a file: what a reader filters a dataset by.

The report shows the worst few of each measure; this file has all of them, each with its place and the reason.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from distill.references import Record

FILE = "flagged.jsonl"


class FlaggedTrace(Record):
    """A trace, or a row where `where` names no trace, and one sign by which one measure flags it."""

    where: str
    """`FILE, row 12`, or `FILE, row 12, trace 3`."""
    measure: str
    """As in `audit.json`: `truncation`, `labels`, …"""
    sign: str
    """What was seen, in the same words for all that are alike."""
    why: str
    """What was seen here."""


class FlaggedFile:
    """Writes lines, and counts them by measure; of each it holds nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.num_lines = 0

    def add(self, flags: Iterable[FlaggedTrace]) -> None:
        """Append some."""
        for flag in flags:
            self._file.write(orjson.dumps(flag.model_dump(), option=orjson.OPT_APPEND_NEWLINE))
            self.num_lines += 1


def read_flagged(path: Path) -> Iterator[FlaggedTrace]:
    """The lines of such a file."""
    with path.open("rb") as lines:
        for line in lines:
            yield FlaggedTrace.model_validate_json(line)

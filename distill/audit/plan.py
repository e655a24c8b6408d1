"""What an audit is to do: its options, and the rows in chunks that are examined apart."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from pydantic import Field

from distill.audit.rows import TraceSource
from distill.references import Record
from distill.rows.files import DataFile
from distill.rows.read import Located, count_rows, read_part

CHUNK_ROWS = 500
"""Rows of real length, 25 kB, are some ten megabytes then: what a killed audit does again, for each process."""


class AuditOptions(Record):
    """What the user asked for."""

    columns: dict[str, str] = Field(default_factory=dict)
    """What `--map ROLE=COLUMN` says."""
    against: tuple[str, ...] = ()
    """Benchmarks, as `distill prompts --decontaminate` takes them."""
    num_rows: int | None = None
    """Only the first rows; None: all."""
    num_workers: int | None = None
    """Processes; None: as many as there are cores."""
    command: str | None = None


class Chunk(NamedTuple):
    """Some rows of one file, in order. One process reads all, since most forms are read from the beginning only."""

    number: int
    source: int
    """Which dataset."""
    rows: list[Located]

    @property
    def label(self) -> str:
        """For messages."""
        return f"the rows from {self.rows[0].where} to {self.rows[-1].where}"


class Chunks:
    """All chunks in order, but for those that are done, whose rows are skipped."""

    def __init__(self, sources: Sequence[TraceSource], num_rows: int | None, done: Mapping[int, int]) -> None:
        """`done` has the number of rows of each chunk that is done."""
        self._sources, self._left, self._done = sources, num_rows, done
        self._number = 0

    def __iter__(self) -> Iterator[Chunk]:
        """Raises InputError where a file cannot be read."""
        for place, source in enumerate(self._sources):
            for file in source.files:
                yield from self._of_file(place, file)

    def _of_file(self, source: int, file: DataFile) -> Iterator[Chunk]:
        """A chunk that is not full is the file's last one."""
        rows: Iterator[Located] | None = None
        first = 0
        while wanted := CHUNK_ROWS if self._left is None else min(CHUNK_ROWS, self._left):
            size = self._done.get(self._number)
            if size is None:
                rows = rows or read_part(file, first)
                chunk = list(islice(rows, wanted))
                if not chunk:
                    return
                yield Chunk(self._number, source, chunk)
                size = len(chunk)
            elif rows is not None:
                deque(islice(rows, size), maxlen=0)
            first += size
            self._number += 1
            if self._left is not None:
                self._left -= size
            if size < CHUNK_ROWS:
                return


def num_rows_known(sources: Sequence[TraceSource], num_rows: int | None) -> int:
    """How many rows there are to examine, at most; 0 where that is not known without reading all of them."""
    files = [file for source in sources for file in source.files]
    if any(file.format != ".parquet" or file.member is not None for file in files):
        return num_rows or 0
    total = sum(count_rows(file.path) for file in files)
    return total if num_rows is None else min(total, num_rows)

"""What is kept of all rows and traces until the end, in files of numbers: memory holds a few bytes of each.

Of a row that is what tells whether another one says the same (some 60 bytes, and its content words and texts); of a
trace its length, its state, and a digest of its text (34 bytes).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.fingerprints import Fingerprints
from distill.prompts.overlap.numbers import Numbers
from distill.prompts.overlap.readings import Readings

Array = npt.NDArray[np.generic]
NOT_CUT, CUT, WHOLE = range(3)
"""No sign of a cut; cut; the set says that it ended by itself."""
UNSTATED = -1
"""In place of a number of tokens."""

ROW_TYPES: dict[str, np.dtype[np.generic]] = {
    **dict.fromkeys(("exact", "whole", "sentences", "sets", "orders"), np.dtype(np.uint64)),
    **dict.fromkeys(("num_telling", "num_words"), np.dtype(np.int64)),
    **dict.fromkeys(("len_where", "len_prompt", "len_answer", "len_key"), np.dtype(np.int64)),
    "words": np.dtype(np.uint32),
    "texts": np.dtype(np.uint8),
}
"""The last two are of any length: the content words of all rows, and their texts in UTF-8."""
TRACE_TYPES: dict[str, np.dtype[np.generic]] = {
    "row": np.dtype(np.int64),
    "number": np.dtype(np.int16),
    "digest": np.dtype(np.uint64),
    "num_tokens": np.dtype(np.int64),
    "num_chars": np.dtype(np.int64),
    "state": np.dtype(np.uint8),
    "domain": np.dtype(np.int16),
}


class RowTexts(NamedTuple):
    """What is read again of rows that are alike."""

    where: str
    prompt: str
    answer: str
    """What the reference says; empty where it has nothing to compare."""
    key: str
    """Of a puzzle what it is known by, else empty."""


def row_arrays(known: Fingerprints, texts: Sequence[RowTexts]) -> dict[str, Array]:
    """The columns of a chunk's rows."""
    parts = [[part.encode("utf-8", "replace") for part in text] for text in texts]
    lengths = np.array([[len(part) for part in row] for row in parts], np.int64).reshape(-1, 4).T
    return {
        "exact": known.exact,
        "whole": known.readings.whole,
        "sentences": known.readings.sentences,
        "sets": known.numbers.sets,
        "orders": known.numbers.orders,
        "num_telling": known.numbers.num_telling,
        "num_words": np.diff(known.starts),
        **dict(zip(("len_where", "len_prompt", "len_answer", "len_key"), lengths, strict=True)),
        "words": known.words,
        "texts": np.frombuffer(b"".join(part for row in parts for part in row), np.uint8),
    }


class ColumnFiles:
    """Columns of many chunks, one file each, written one chunk after the other."""

    def __init__(self, folder: Path, types: dict[str, np.dtype[np.generic]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._types = folder, types
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("wb") for name in types}

    def add(self, columns: dict[str, Array]) -> None:
        """Append a chunk's."""
        for name, file in self._files.items():
            file.write(columns[name].astype(self._types[name], copy=False).tobytes())

    def close(self) -> dict[str, Array]:
        """The whole columns, as they lie on the disk."""
        for file in self._files.values():
            file.close()
        return {name: _mapped(self._folder / name, kind) for name, kind in self._types.items()}


class ComparedRows:
    """The rows of all chunks."""

    def __init__(self, columns: dict[str, Array]) -> None:
        self._columns = columns
        self.fingerprints = Fingerprints(
            columns["exact"].view(np.uint64),
            Readings(columns["whole"].view(np.uint64), columns["sentences"].view(np.uint64)),
            Numbers(
                columns["sets"].view(np.uint64),
                columns["orders"].view(np.uint64),
                columns["num_telling"].view(np.int64),
            ),
            columns["words"].view(np.uint32),
            _starts(columns["num_words"].view(np.int64)),
        )
        lengths = sum(columns[name].view(np.int64) for name in ("len_where", "len_prompt", "len_answer", "len_key"))
        self._starts = _starts(np.asarray(lengths, np.int64))

    def __len__(self) -> int:
        return len(self.fingerprints.exact)

    def have_prompts(self) -> npt.NDArray[np.bool_]:
        """Which rows have a prompt."""
        found: npt.NDArray[np.bool_] = self._columns["len_prompt"].view(np.int64) > 0
        return found

    def texts(self, row: int) -> RowTexts:
        """Read a row's texts again."""
        whole = self._columns["texts"].view(np.uint8)[self._starts[row] : self._starts[row + 1]].tobytes()
        parts = []
        for name in ("len_where", "len_prompt", "len_answer", "len_key"):
            size = int(self._columns[name].view(np.int64)[row])
            parts.append(whole[:size].decode())
            whole = whole[size:]
        return RowTexts(*parts)


def _starts(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.append(np.int64(0), np.cumsum(lengths))


def _mapped(path: Path, kind: np.dtype[np.generic]) -> Array:
    if not path.stat().st_size:
        return np.zeros(0, kind)
    return np.memmap(path, kind, "r")

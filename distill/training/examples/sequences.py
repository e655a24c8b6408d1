"""Encoded rows ─▶ sequences as the trainer reads them: Arrow files of token ids and labels."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from distill.files import replacing
from distill.training.examples.encode import Encoded, Ids
from distill.training.examples.show import IGNORED


def to_table(encoded: Sequence[Encoded]) -> pa.Table:
    """Token ids, the same with the prompt's share of the labels ignored, and the lengths.

    By their column `length` transformers groups rows of like length without reading them.
    """
    parts = [part for one in encoded for part in (one.prompt, one.completion)]
    ids = np.concatenate([np.empty(0, np.int32), *parts])
    is_trained = np.repeat(np.tile([False, True], len(encoded)), [len(part) for part in parts])
    lengths = np.array([one.num_tokens for one in encoded], np.int32)
    columns = {"input_ids": ids, "labels": np.where(is_trained, ids, np.int32(IGNORED))}
    return pa.table({**{name: _lists(lengths, values) for name, values in columns.items()}, "length": _array(lengths)})


def pack(table: pa.Table, max_length: int) -> pa.Table:
    """Put rows side by side into sequences of at most `max_length`; `seq_lengths` has the lengths of each one's rows.

    It cuts nothing, so longer rows must have been dropped.
    """
    lengths = np.array(table["length"].to_pylist(), np.int32)
    sequences, ends = best_fit(lengths.tolist(), max_length), np.cumsum(lengths)
    order = [row for sequence in sequences for row in sequence]
    columns = {}
    for name in ("input_ids", "labels"):
        values = _values(table[name])
        rows = [values[ends[row] - lengths[row] : ends[row]] for row in order]
        sums = np.array([lengths[sequence].sum() for sequence in sequences], np.int32)
        columns[name] = _lists(sums, np.concatenate([np.empty(0, np.int32), *rows]))
    numbers = np.array([len(sequence) for sequence in sequences], np.int32)
    return pa.table({**columns, "seq_lengths": _lists(numbers, lengths[order])})


def best_fit(lengths: Sequence[int], max_length: int) -> list[list[int]]:
    """Which rows share a sequence: longest first, each where it leaves least room.

    TRL's `bfd` without its import of torch, which every process would pay for.

    >>> best_fit([3, 9, 1, 6], 10)
    [[1, 2], [3, 0]]
    """
    sequences: list[list[int]] = []
    rooms: list[tuple[int, int]] = []  # what is free, and in which sequence; sorted
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        at = bisect_left(rooms, (lengths[row], -1))
        if at == len(rooms):
            sequences.append([])
        room, number = rooms.pop(at) if at < len(rooms) else (max_length, len(sequences) - 1)
        sequences[number].append(row)
        insort(rooms, (room - lengths[row], number))
    return sequences


def write(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema as a whole file, in the format that `datasets` maps into memory."""
    tables = iter(tables)
    first = next(tables)
    with (
        replacing(path) as partial,
        pa.OSFile(str(partial), "wb") as file,
        pa.ipc.new_stream(file, first.schema) as writer,
    ):
        for table in chain([first], tables):
            writer.write_table(table, max_chunksize=256)


def mapped(path: Path) -> pa.Table:
    """A file of `write`, or of `datasets`, without reading it into memory."""
    return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()


def _lists(lengths: Ids, values: Ids) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(_array(offsets), _array(values))


def _array(values: Ids) -> pa.Array:
    """The same memory as Arrow's, which asked for an array would import pandas first: a second in every process."""
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _values(lists: pa.ChunkedArray) -> Ids:
    chunks = [chunk.flatten() for chunk in lists.chunks]
    parts = [np.frombuffer(c.buffers()[1], np.int32, len(c), c.offset * 4) for c in chunks if len(c)]
    return np.concatenate([np.empty(0, np.int32), *parts])

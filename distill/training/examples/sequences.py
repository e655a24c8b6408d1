"""Encoded rows ─▶ sequences as the trainer reads them: Arrow files of token ids and labels."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from distill.files import replacing
from distill.training.examples.encode import Encoded
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
    return pa.table({**{name: _lists(lengths, values) for name, values in columns.items()}, "length": lengths})


def pack(table: pa.Table, max_length: int) -> pa.Table:
    """Put rows side by side into sequences of at most `max_length`; `seq_lengths` has the lengths of each one's rows.

    It cuts nothing, so longer rows must have been dropped.
    """
    lengths = table["length"].to_numpy()
    sequences = best_fit(lengths.tolist(), max_length)
    order = np.fromiter(chain.from_iterable(sequences), np.int64)
    rows, numbers = table.take(order), np.array([len(one) for one in sequences], np.int32)
    sums = np.array([lengths[one].sum() for one in sequences], np.int32)
    columns = {name: _lists(sums, rows[name].combine_chunks().flatten()) for name in ("input_ids", "labels")}
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


def _lists(lengths: np.ndarray, values: np.ndarray | pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(np.cumsum([0, *lengths.tolist()], dtype=np.int32), values)

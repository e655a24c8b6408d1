import random

import numpy as np
from datasets import Dataset
from trl import pack_dataset  # type: ignore[attr-defined]

from distill.training.examples.encode import Encoded
from distill.training.examples.row import Row
from distill.training.examples.sequences import best_fit, pack, to_table


def encoded(length: int) -> Encoded:
    ids = np.arange(length, dtype=np.int32)
    return Encoded(Row([], "", ""), ids[:1], ids[1:])


def test_packing_takes_as_few_sequences_as_trl() -> None:
    drawn = random.Random(0)
    lengths = [drawn.randint(1, 100) for _ in range(300)]
    table = to_table([encoded(length) for length in lengths])
    theirs = pack_dataset(Dataset(table.drop_columns("length")), 128, "bfd", {"batch_size": None})
    ours = best_fit(lengths, 128)
    assert len(ours) == len(theirs)
    assert sorted(row for sequence in ours for row in sequence) == list(range(300))
    assert max(sum(lengths[row] for row in sequence) for sequence in ours) <= 128


def test_rows_lie_whole_in_their_sequence() -> None:
    (first, second) = pack(to_table([encoded(3), encoded(9), encoded(1), encoded(6)]), 10).to_pylist()
    assert first["seq_lengths"] == [9, 1]
    assert first["labels"] == [-100, *range(1, 9), -100]
    assert second["input_ids"] == [*range(6), *range(3)]


def test_nothing_is_packed_into_nothing() -> None:
    assert to_table([]).num_rows == pack(to_table([]), 10).num_rows == 0

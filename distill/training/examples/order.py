"""A curriculum: prepared rows in the order of their pass rate."""

import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from distill.files import settle_folder, write_whole
from distill.training.examples.sequences import mapped, pack, write

PASS_RATE = "pass_rate"
_NUM_SEQUENCES = "num_sequences"


Curriculum = Literal["easy_first", "hard_first"]


def order(blocks: list[Path], curriculum: Curriculum, size: int, max_length: int | None) -> tuple[Path, int]:
    """Write the rows of all blocks, `size` in a file, to a folder beside them; gives it and the number of sequences.

    Rows of one pass rate stay as they stood. With a `max_length` the rows of a file are packed, so that within `size`
    rows their order is that of packing: those are of nearly one pass rate.
    """
    folder = blocks[0].parent / curriculum
    done = folder / _NUM_SEQUENCES
    if done.is_file():
        return folder, int(done.read_text(encoding="utf-8"))
    rows = pa.concat_tables(mapped(path) for path in blocks)
    rates = rows[PASS_RATE].to_numpy()
    ranks = np.argsort(-rates if curriculum == "easy_first" else rates, kind="stable")
    partial = folder.with_name(f"{curriculum}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    num_sequences = 0
    for number, start in enumerate(range(0, len(ranks), size)):
        table = _taken(rows, ranks[start : start + size])
        table = table if max_length is None else pack(table, max_length)
        write(partial / f"block-{number:05d}.arrow", [table])
        num_sequences += table.num_rows
    write_whole(partial / _NUM_SEQUENCES, str(num_sequences))
    settle_folder(partial, folder)
    return folder, num_sequences


def _taken(rows: pa.Table, places: np.ndarray) -> pa.Table:
    """Row by row: Arrow takes from a table of many files only after it has put all of them together in memory."""
    return pa.concat_tables(rows.slice(int(place), 1) for place in places).drop_columns(PASS_RATE).combine_chunks()

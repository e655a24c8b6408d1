"""The files of a dataset: rows as Arrow columns, written to Parquet shards, and what became of each sample."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from distill.dataset.candidates import OUTCOMES, Codes, Ints, Mask, draws_of
from distill.dataset.pool import CandidatePool
from distill.dataset.reasons import REASONS
from distill.dataset.row_builder import RowBuilder
from distill.dataset.run_names import run_names
from distill.dataset.selection import Prospects, Take
from distill.rows.dataset_rows import SCHEMA

ROWS_PER_GROUP = 1000
GROUP_BYTES = 100 * 10**6
"""Of raw text. The Hub's viewer reads whole row groups, and none of more than 300 MB (dataset-viewer#1519)."""
OFFSET_BYTES = 4
"""What Arrow and Parquet spend on the length of a text or list."""
SHARD_BYTES = 500 * 10**6
"""Of raw text; the Hub's viewer and a resumed upload like files of a few hundred megabytes at most."""
DECISIONS_PER_BATCH = 2**16


@contextmanager
def written_rows(prospects: Prospects, folder: Path) -> Iterator[Take]:
    """What is taken while the block runs is written under `folder/data` as rows in two splits, `train` and `test`."""
    pool = prospects.pool
    rows = RowBuilder(pool, prospects.groups, prospects.votes)
    is_test = held_out(pool.ids, prospects.settings.held_out)
    (folder / "data").mkdir()
    with SplitWriter(folder / "data", "train") as train, SplitWriter(folder / "data", "test") as test:

        def take(found: Ints, samples: pa.Table) -> None:
            table, is_held_out = rows.table(found, samples), is_test[pool.candidates.prompt[found]]
            train.add(table.filter(pa.array(~is_held_out)))
            test.add(table.filter(pa.array(is_held_out)))

        yield take


class SplitWriter:
    """One split of the dataset as `data/SPLIT-00000-of-00003.parquet`; the same rows give the same bytes."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder = folder
        self._split = split
        self._waiting: list[pa.Table] = []
        self._sizes = np.zeros(0, dtype=np.int64)
        """The bytes of each waiting row."""
        self._shards: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._num_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._write_groups(is_end=True)
        self._end_shard()
        for number, shard in enumerate(self._shards):
            shard.rename(shard.with_name(f"{self._split}-{number:05}-of-{len(self._shards):05}.parquet"))

    def add(self, rows: pa.Table) -> None:
        """Append rows; they reach the disk a row group at a time."""
        if len(rows):
            self._waiting.append(rows)
            self._sizes = np.concatenate([self._sizes, row_bytes(rows)])
        if len(self._sizes) >= ROWS_PER_GROUP or self._sizes.sum() >= GROUP_BYTES:
            self._write_groups()

    def _write_groups(self, *, is_end: bool = False) -> None:
        """Write what makes whole row groups; at the end, the rest as the last one."""
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting)
        first = 0
        for last in group_ends(self._sizes, is_end=is_end):
            self._write(rows.slice(first, last - first), int(self._sizes[first:last].sum()))
            first = last
        self._waiting = [rows.slice(first)] if first < len(rows) else []
        self._sizes = self._sizes[first:]

    def _write(self, group: pa.Table, num_bytes: int) -> None:
        if self._writer is None:
            self._shards.append(self._folder / f"{self._split}-{len(self._shards):05}.parquet")
            self._writer = pq.ParquetWriter(
                self._shards[-1],
                SCHEMA,
                compression="zstd",
                write_page_index=True,
                use_content_defined_chunking=True,
            )
        self._writer.write_table(group.combine_chunks())
        self._num_bytes += num_bytes
        if self._num_bytes >= SHARD_BYTES:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._num_bytes = None, 0


def group_ends(sizes: Ints, *, is_end: bool) -> list[int]:
    """Behind which rows row groups end, given the bytes of each row; a last one that may still grow is left out.

    A row that is larger than a row group may be is one of its own.
    """
    ends, first = list[int](), 0
    total = np.cumsum(sizes)
    while first < len(sizes):
        before = total[first - 1] if first else 0
        fitting = int(np.searchsorted(total, before + GROUP_BYTES, side="right"))
        last = min(max(fitting, first + 1), first + ROWS_PER_GROUP)
        if last >= len(sizes) and not is_end and last - first < ROWS_PER_GROUP:
            return ends
        ends.append(min(last, len(sizes)))
        first = last
    return ends


def row_bytes(rows: pa.Table) -> Ints:
    """The bytes of each row as Arrow and Parquet hold them before compression, whatever chunks the table has."""
    sizes = np.zeros(len(rows), dtype=np.int64)
    for column in rows.columns:
        sizes += _value_bytes(column.combine_chunks())
    return sizes


def _value_bytes(values: pa.Array) -> Ints:
    if pa.types.is_struct(values.type):
        return sum((_value_bytes(field) for field in values.flatten()), np.zeros(len(values), dtype=np.int64))
    if pa.types.is_list(values.type):
        inner = _value_bytes(values.flatten())
        parents = pc.list_parent_indices(values).to_numpy()
        held: Ints = np.bincount(parents, weights=inner, minlength=len(values)).astype(np.int64) + OFFSET_BYTES
        return held
    if pa.types.is_string(values.type):
        lengths: Ints = pc.binary_length(values).fill_null(0).to_numpy().astype(np.int64) + OFFSET_BYTES
        return lengths
    return np.full(len(values), values.type.bit_width // 8, dtype=np.int64)


def write_decisions(file: Path, pool: CandidatePool, reasons: Codes, preference: str) -> None:
    """What became of every sample and why, as an Arrow file: small, and no part of the dataset's rows."""
    runs = np.zeros(len(reasons), dtype=np.int32)
    for unit in pool.sample_units:
        runs[unit.first : unit.last] = unit.run
    names = pa.array(run_names(pool.runs))
    outcomes = pa.array([None if outcome is None else outcome.value for outcome in OUTCOMES])
    schema = pa.schema(
        [
            ("run", pa.dictionary(pa.int32(), pa.string())),
            ("prompt_id", pa.string()),
            ("index", pa.int32()),
            ("num_tokens", pa.int32()),
            ("outcome", pa.dictionary(pa.uint8(), pa.string())),
            ("decision", pa.dictionary(pa.uint8(), pa.string())),
        ],
        metadata={"policy": preference},
    )
    candidates = pool.candidates
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(file, schema, options=options) as writer:
        for start in range(0, len(reasons), DECISIONS_PER_BATCH):
            part = slice(start, start + DECISIONS_PER_BATCH)
            columns = [
                pa.DictionaryArray.from_arrays(runs[part], names),
                pa.array([pool.ids[code] for code in candidates.prompt[part]]),
                pa.array(candidates.index[part]),
                pa.array(candidates.num_tokens[part]),
                pa.DictionaryArray.from_arrays(candidates.outcome[part], outcomes),
                pa.DictionaryArray.from_arrays(reasons[part], pa.array(REASONS)),
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def held_out(ids: Sequence[str], share: float) -> Mask:
    """The prompts of the split `test`: drawn by their ids, whatever the seed, so that they stay held out."""
    if not share:
        return np.zeros(len(ids), dtype=bool)
    is_test: Mask = draws_of(ids, 0, "held-out") < np.uint64(share * 2**64)
    return is_test

"""The files of a dataset: rows as Arrow columns, written to Parquet shards, and what became of each sample."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from distill.dataset.candidates import OUTCOMES, Codes, Ints, Mask, draws_of
from distill.dataset.pool import CandidatePool
from distill.dataset.reasons import REASONS
from distill.dataset.row_builder import RowBuilder
from distill.dataset.run_names import run_names
from distill.dataset.selection import Prospects, Take
from distill.rows.dataset_rows import SCHEMA

ROWS_PER_GROUP = 1000
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
        self._num_waiting = 0
        self._shards: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._num_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None and self._num_waiting:
            self._write(pa.concat_tables(self._waiting))
        self._end_shard()
        for number, shard in enumerate(self._shards):
            shard.rename(shard.with_name(f"{self._split}-{number:05}-of-{len(self._shards):05}.parquet"))

    def add(self, rows: pa.Table) -> None:
        """Append rows; they reach the disk a row group at a time."""
        self._waiting.append(rows)
        self._num_waiting += len(rows)
        if self._num_waiting < ROWS_PER_GROUP:
            return
        whole = pa.concat_tables(self._waiting)
        end = len(whole) - len(whole) % ROWS_PER_GROUP
        for start in range(0, end, ROWS_PER_GROUP):
            self._write(whole.slice(start, ROWS_PER_GROUP))
        self._waiting, self._num_waiting = [whole.slice(end)], len(whole) - end

    def _write(self, group: pa.Table) -> None:
        if self._writer is None:
            self._shards.append(self._folder / f"{self._split}-{len(self._shards):05}.parquet")
            self._writer = pq.ParquetWriter(self._shards[-1], SCHEMA, compression="zstd")
        self._writer.write_table(group.combine_chunks())
        self._num_bytes += group.nbytes
        if self._num_bytes >= SHARD_BYTES:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self._num_bytes = None, 0


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

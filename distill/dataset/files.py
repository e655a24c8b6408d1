"""The files of a dataset: rows as Arrow columns, written to Parquet shards, beside them what became of each sample."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from distill.dataset.candidates import OUTCOMES, Codes, Groups, Ints
from distill.dataset.pool import Pool
from distill.dataset.reasons import REASONS
from distill.reasoning import CLOSE, OPEN
from distill.rows import columns as schemas
from distill.store.row_groups import Texts

ROWS_PER_GROUP = 1000
SHARD_BYTES = 500 * 10**6
"""Of raw text; the Hub's viewer and a resumed upload like files of a few hundred megabytes at most."""
SAMPLE_COLUMNS = ("reasoning", "answer", "teacher", "sampling")
NUM_CACHED_PROMPT_GROUPS = 8
"""Samples come nearly in the order of their prompts, so a few row groups serve them all."""
DECISIONS_PER_BATCH = 2**16

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("prompt", schemas.MESSAGES),
        ("completion", schemas.MESSAGES),
        ("domain", pa.string()),
        ("source", pa.string()),
        ("license", pa.string()),
        ("answer", pa.string()),
        ("num_tokens", pa.int64()),
        ("pass_rate", pa.float64()),
        ("num_samples", pa.int64()),
        ("num_passed", pa.int64()),
        ("teacher", pa.string()),
        ("verifier", pa.string()),
        ("sampling", schemas.SAMPLING),
    ]
)


class Rows:
    """Makes dataset rows of samples."""

    def __init__(self, pool: Pool, groups: Groups, answers: dict[int, str]) -> None:
        """`answers` holds what groups without a reference have voted for, by prompt."""
        self._pool = pool
        self._groups = groups
        self._prompts = Texts(pool.prompt_units, ["prompt", "answer"], NUM_CACHED_PROMPT_GROUPS)
        self._answers = answers

    def table(self, found: Ints, samples: pa.Table) -> pa.Table:
        """The rows of the samples at `found`, whose texts are in `samples`."""
        pool, groups, candidates = self._pool, self._groups, self._pool.candidates
        prompt = candidates.prompt[found]
        texts = self._prompts.take(pool.place[prompt])
        columns = {
            "id": pa.array([pool.ids[code] for code in prompt]),
            "prompt": texts.column("prompt"),
            "completion": completions(samples),
            "domain": _words(pool.domains.words, pool.domain[prompt]),
            "source": _words(pool.sources.words, pool.source[prompt]),
            "license": _words(pool.licenses.words, pool.license[prompt]),
            "answer": self._voted(prompt, texts.column("answer")),
            "num_tokens": pa.array(candidates.num_tokens[found], pa.int64()),
            "pass_rate": pa.array(groups.pass_rate[prompt], pa.float64()),
            "num_samples": pa.array(groups.num_samples[prompt], pa.int64()),
            "num_passed": pa.array(groups.num_passed[prompt], pa.int64()),
            "teacher": samples.column("teacher"),
            "verifier": _words(pool.verifiers.words, candidates.verifier[found]),
            "sampling": samples.column("sampling"),
        }
        return pa.table(columns, schema=SCHEMA)

    def _voted(self, prompts: np.ndarray[tuple[int], np.dtype[np.int32]], answers: pa.ChunkedArray) -> pa.ChunkedArray:
        if not self._answers:
            return answers
        voted = [self._answers.get(int(prompt)) for prompt in prompts]
        return pc.coalesce(pa.array(voted, pa.string()), answers)


def completions(samples: pa.Table) -> pa.ListArray:
    """What `reasoning.join` writes, for a whole column at once, as one message of the assistant each."""
    reasoning = pc.utf8_trim_whitespace(samples.column("reasoning").fill_null("").combine_chunks())
    answer = pc.utf8_trim_whitespace(samples.column("answer").combine_chunks())
    content = pc.binary_join_element_wise(f"{OPEN}\n", reasoning, f"\n{CLOSE}\n\n", answer, "")
    role = pa.repeat("assistant", len(samples))
    message = pa.StructArray.from_arrays([role, content], fields=list(schemas.MESSAGES.value_type))
    return pa.ListArray.from_arrays(np.arange(len(samples) + 1, dtype=np.int32), message)


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


def write_decisions(file: Path, pool: Pool, reasons: Codes, policy: str) -> None:
    """What became of every sample and why, as an Arrow file: small, and no part of the dataset's rows."""
    runs = np.zeros(len(reasons), dtype=np.int32)
    for unit in pool.sample_units:
        runs[unit.first : unit.last] = unit.run
    names = pa.array([run.path.name for run in pool.runs])
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
        metadata={"policy": policy},
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


def _words(words: Sequence[str], codes: np.ndarray[tuple[int], np.dtype[np.integer]]) -> pa.Array:
    """Words by their codes; the empty one is none."""
    return pa.array([word or None for word in words], pa.string()).take(pa.array(codes))

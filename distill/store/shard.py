"""A sealed shard: a Parquet file, made of a journal segment, that is never changed again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from distill.errors import RunError
from distill.rows.columns import Row
from distill.store import journal

ROW_GROUP_BYTES = 16 * 2**20
"""Raw text of a row group, so that memory does not grow with the shard."""
CHUNK_BYTES = 2**20
"""Rows become Arrow arrays in steps of this size: each step keeps the interpreter for some milliseconds."""
Part = TypeVar("Part")


def write_shard(segment: Path, file: Path, schema: pa.Schema, is_new: Callable[[Row], bool]) -> int:
    """Write the sound and new rows of a segment as a Parquet file; returns their number."""
    num_rows = 0
    with segment.open("rb") as lines, pq.ParquetWriter(file, schema, compression="zstd", compression_level=3) as writer:
        decoded = ((journal.decode(line), len(line)) for line in lines)
        rows = ((row, num_bytes) for row, num_bytes in decoded if row is not None and is_new(row))
        chunks = _batches(rows, min(CHUNK_BYTES, ROW_GROUP_BYTES))
        tables = ((pa.Table.from_pylist(chunk, schema=schema), num_bytes) for chunk, num_bytes in chunks)
        for group, _ in _batches(tables, ROW_GROUP_BYTES):
            table = pa.concat_tables(group).combine_chunks()
            writer.write_table(table)
            num_rows += table.num_rows
    return num_rows


def read_shard(shard: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Stream a shard's rows. Raises RunError where it is damaged."""
    with _open(shard) as file:
        for batch in file.iter_batches(batch_size=512, columns=None if columns is None else list(columns)):
            yield from batch.to_pylist()


def keep_rows(shard: Path, file: Path, is_kept: Sequence[bool]) -> None:
    """Write some rows of a shard as another, by their place; memory holds one row group."""
    with _open(shard) as old, pq.ParquetWriter(file, old.schema_arrow, compression="zstd", compression_level=3) as new:
        first = 0
        for group in range(old.num_row_groups):
            rows = old.read_row_group(group)
            kept = rows.filter(pa.array(is_kept[first : first + len(rows)], pa.bool_()))
            if len(kept):
                new.write_table(kept)
            first += len(rows)


def count_rows(shard: Path) -> int:
    """The number of a shard's rows. Raises RunError where it is damaged."""
    with _open(shard) as file:
        return int(file.metadata.num_rows)


def _batches(parts: Iterable[tuple[Part, int]], min_bytes: int) -> Iterator[tuple[list[Part], int]]:
    """Consecutive parts, which come with their bytes, in lists of `min_bytes` or more; the last may be smaller."""
    batch: list[Part] = []
    num_bytes = 0
    for part, part_bytes in parts:
        batch.append(part)
        num_bytes += part_bytes
        if num_bytes >= min_bytes:
            yield batch, num_bytes
            batch, num_bytes = [], 0
    if batch:
        yield batch, num_bytes


def _open(shard: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(shard)
    except pa.ArrowInvalid as error:
        raise RunError(
            f"{shard} is no readable Parquet file ({error}). It was damaged after distill wrote it: restore it "
            "from a copy, or move it away to have its rows made again."
        ) from None

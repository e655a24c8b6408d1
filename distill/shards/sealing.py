"""What an attempt has made of a shard ─▶ sorted files in the storage, the same whatever has made the rows."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from distill.files import sha256
from distill.shards.attempt import Attempt
from distill.shards.folder import PlanFolder
from distill.shards.plan import SealedFile, TableName
from distill.store import RunFolder
from distill.store.sorting import Rank, write_sorted


class ShardRows(NamedTuple):
    """About the rows that an attempt has in its tables: all that the shard should have."""

    rank: Rank
    """Puts their keys into the order of the shard's inputs."""
    num_restored: int
    """Rows that earlier attempts had made."""
    versions: Mapping[str, str]
    """The versions that the verdicts depend on, by verifier."""


def put_sorted(
    folder: PlanFolder, number: int, attempt: Attempt, tables: tuple[TableName, ...], rank: Rank
) -> Iterator[SealedFile]:
    """Sort the tables of an attempt and put them into the storage."""
    run = RunFolder(attempt.folder)
    for table in tables:
        file = attempt.folder / f"{table}.sorted.parquet"
        num_rows = write_sorted(run.samples if table == "samples" else run.verdicts, rank, file)
        yield SealedFile(
            table=table,
            name=folder.put_sealed(file, number, attempt.name, table),
            num_rows=num_rows,
            num_bytes=file.stat().st_size,
            sha256=sha256(file),
        )

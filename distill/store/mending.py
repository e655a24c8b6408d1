"""Damaged shards of a run: what can still be read of them stays, and what is lost is made again.

A damaged shard is kept beside the new one as `NAME.parquet.damaged`, which nothing reads. Its row groups are read one
by one; those that are sound become the shard of the old name. No row is made up: of a row group with one wrong bit all
rows are made again.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from distill.files import settle, sync_folder
from distill.progress import say
from distill.store.folder import RunFolder, StageName
from distill.store.footer import whole_part
from distill.store.shard import DamageError, Shard, new_shard
from distill.store.stages import free_name
from distill.store.table import Table


def mend_run(run: RunFolder) -> int:
    """Mend all tables of a run that is open, so that its stages make again what is lost; returns how many rows are.

    Call it before prompts are imported. Samples that are lost take their verdicts along: others will have their keys.
    """
    tables: tuple[tuple[StageName, Table], ...] = (
        ("prompts", run.prompts), ("generate", run.samples), ("generate", run.cut), ("verify", run.verdicts)
    )  # fmt: skip
    damaged = [(stage, table) for stage, table in tables if any(damaged_shards(table))]
    if not damaged:
        return 0
    run.reopen(damaged[0][0])  # the first in order, and with it all behind
    num_lost = sum(mend(table, say) for _, table in damaged)
    run.forget_orphans()
    return num_lost


def mend(table: Table, say: Callable[[str], None]) -> int:
    """Put sound shards in the place of damaged ones; returns how many rows are lost, as far as a footer tells."""
    num_lost = 0
    for shard in damaged_shards(table):
        aside = shard.with_name(f"{shard.name}.damaged")
        aside = free_name(aside) if aside.exists() else aside
        num_kept, num_rows = _replace(shard, aside)
        sound = "no row of it can be read" if num_rows is None else f"{num_kept:,} of its {num_rows:,} rows are sound"
        say(f"{shard} is damaged: {sound}. What is lost is made again; the damaged file is kept as {aside.name}.")
        num_lost += (num_rows or num_kept) - num_kept
    table.seal()
    return num_lost


def damaged_shards(table: Table) -> Iterator[Path]:
    """The shards of which a byte that matters is not what was written; all are read."""
    for shard in table.shards():
        try:
            with Shard(shard) as file:
                for number in range(len(file.group_sizes)):
                    file.check(number)
        except DamageError:
            yield shard


def _replace(shard: Path, aside: Path) -> tuple[int, int | None]:
    """Keep a shard under another name, and what is sound of it under its own; how many rows are, and were."""
    partial = shard.with_name(f"{shard.name}.tmp")
    num_kept, num_rows = 0, None
    with _with_sound_footer(shard) as source:
        if source is not None:
            num_kept, num_rows = _copy_sound(source, partial)
    try:
        os.link(shard, aside)
    except OSError:  # a file system without hard links: a kill right here has these rows made again
        shard.rename(aside)
    if num_kept:
        settle(partial, shard)
    else:
        partial.unlink(missing_ok=True)
        shard.unlink(missing_ok=True)
        sync_folder(shard.parent)
    return num_kept, num_rows


@contextmanager
def _with_sound_footer(shard: Path) -> Iterator[Path | None]:
    """The shard, or a copy that ends where its other footer does; None where both are lost."""
    copy = shard.with_name(f"{shard.name}.sound.tmp")
    try:
        Shard(shard).close()
        yield shard
    except DamageError:
        size = whole_part(shard)
        if size is not None:
            copy.write_bytes(shard.read_bytes()[:size])
        yield None if size is None else copy
    finally:
        copy.unlink(missing_ok=True)


def _copy_sound(source: Path, file: Path) -> tuple[int, int]:
    """Write the sound row groups of a shard as another; how many rows are in them, and in all."""
    num_kept = 0
    with Shard(source) as old, new_shard(file, old.schema) as new:
        for number in range(len(old.group_sizes)):
            rows = _sound(old, number)
            if rows is not None:
                new.write_table(rows)
                num_kept += len(rows)
        return num_kept, old.num_rows


def _sound(shard: Shard, number: int) -> pa.Table | None:
    try:
        return shard.check(number)
    except DamageError:
        return None

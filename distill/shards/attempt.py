"""An attempt at a shard: a folder that belongs to one process, and what earlier attempts have left."""

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from distill.cluster.mirror import Mirror
from distill.cluster.storage import Storage
from distill.shards.folder import attempts_at
from distill.store import Keys, RunFolder, Table


class Attempt(NamedTuple):
    """One try of one process at a shard."""

    name: str
    folder: Path
    """Its run folder; no other process writes there."""
    earlier: Sequence[Path]
    """The run folders of earlier attempts at the same shard."""


@contextmanager
def new_attempt(storage: Storage, number: int, scratch: Path) -> Iterator[Attempt]:
    """Begin an attempt at a shard, below `scratch` or in the storage where that is a path.

    While the block runs, its rows are copied to a storage that is no path.
    """
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
    home = storage.local or scratch
    attempts, fetched = attempts_at(number), home / "fetched" / name
    folder = home / attempts / name
    try:
        with Mirror(storage, folder, f"{attempts}/{name}"):
            yield Attempt(name, folder, _earlier(storage, attempts, folder, fetched))
    finally:
        if storage.local is None:
            shutil.rmtree(fetched, ignore_errors=True)


def remove_attempts(storage: Storage, number: int, scratch: Path) -> None:
    """Remove what this machine's disk has of a finished shard; who gathers the shards removes what the storage has."""
    if storage.local is None:
        shutil.rmtree(scratch / attempts_at(number), ignore_errors=True)


def _earlier(storage: Storage, attempts: str, own: Path, fetched: Path) -> list[Path]:
    """Folders of earlier attempts: those of this machine, and copies in `fetched` of what others have left."""
    here = sorted(path for path in own.parent.iterdir() if path != own) if own.parent.is_dir() else []
    if storage.local is not None:
        return here
    known = {path.name for path in here} | {own.name}
    for name in storage.names(attempts):
        if name.partition("/")[0] not in known:
            storage.get(f"{attempts}/{name}", fetched / name)
    return here + (sorted(fetched.iterdir()) if fetched.is_dir() else [])


def restore(earlier: Sequence[Path], samples: Table | None, verdicts: Table) -> int:
    """Take over what earlier attempts have stored, each key from the first that has it. Returns how many rows.

    A verdict is taken only with the sample that it was given to: two attempts may have drawn different ones.
    """
    known = Keys()
    for folder in earlier:
        old, own = RunFolder(folder), Keys()
        if samples is not None:
            for row in old.samples.rows():
                if known.add(*samples.key(row)):
                    own.add(*samples.key(row))
                    samples.append(row)
            samples.flush()
        for row in old.verdicts.rows():
            key = verdicts.key(row)
            if key in own if samples is not None else known.add(*key):
                verdicts.append(row)
    verdicts.flush()
    return len(known)

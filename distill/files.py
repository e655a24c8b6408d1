"""Files that are there whole or not at all, and what names their content."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What a write fails with where the disk has no room."""


def cache_dir() -> Path:
    """Where what can be made again is kept, students and fetched rows, say: `$DISTILL_CACHE`, or `~/.cache/distill`."""
    return Path(os.environ.get("DISTILL_CACHE") or Path.home() / ".cache" / "distill")


def write_whole(path: Path, content: str | bytes, *, durable: bool = True) -> None:
    """Write a small file so that a reader finds the old one or the new one, never a part of it.

    A `durable` file is on the disk when this returns, so it survives a crash of the machine.
    """
    with replacing(path, durable=durable) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """A place beside `path` to write to; the file there replaces `path` in one step if the block ends well."""
    partial = path.with_name(f"{path.name}.tmp")
    try:
        yield partial
        settle(partial, path, durable=durable)
    finally:
        partial.unlink(missing_ok=True)


def settle(partial: Path, path: Path, *, durable: bool = True) -> None:
    """Give a written file its name, in one step."""
    if durable:
        with partial.open("rb") as file:
            os.fsync(file.fileno())
    partial.replace(path)
    if durable:
        sync_folder(path.parent)


def settle_folder(partial: Path, folder: Path) -> None:
    """Give a written folder its name, in one step, after all that lies in it is on the disk."""
    for place in [partial, *(item for item in partial.rglob("*"))]:
        sync_folder(place)
    partial.rename(folder)
    sync_folder(folder.parent)


def replace_folder(partial: Path, folder: Path) -> None:
    """Put a new folder in the place of an old one; killed between the steps, the next start does it all again."""
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder as durable as the files behind them; of a file, its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The digest of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_bytes(value: object) -> bytes:
    r"""A value as JSON in UTF-8. Half of a surrogate pair, which JSON can spell and UTF-8 cannot, becomes `?`.

    Models and programs write such halves, so whatever holds their texts is encoded here.

    >>> json_bytes(["a\ud800b", 1])
    b'["a?b",1]'
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

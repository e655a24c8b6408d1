"""Executables that were compiled before, for all workers of this machine, in the user's cache folder.

No program sees the folder or can name an entry: the worker writes what came out of the cell where the source was
compiled, under a hash of that source, so a source that outwits its compiler spoils its own entry and no other.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MAX_BYTES = 512 << 20
_TIDY_EACH = 32 << 20
"""How much a worker writes before it looks at the sum."""
_DIGEST = 32


class KeptPrograms:
    """A folder of files, each a hash of its content and the content; the ones not used for longest go first."""

    def __init__(self, folder: Path, max_bytes: int = _MAX_BYTES) -> None:
        """Nothing is kept where the folder cannot be written."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._unseen = _TIDY_EACH

    def get(self, key: str) -> bytes | None:
        """What was put under a key; None where there is nothing, or not all of it."""
        path = self._folder / key
        with suppress(OSError):  # never put, or thrown away meanwhile
            digest, content = _split(path.read_bytes())
            if hashlib.sha256(content).digest() == digest:
                os.utime(path)
                return content
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep what a key stands for, read-only."""
        written = self._folder / f"{key}.{os.getpid()}"
        with suppress(OSError):  # a home that is full, or cannot be written to: it is compiled again the next time
            self._folder.mkdir(parents=True, exist_ok=True)
            written.write_bytes(hashlib.sha256(content).digest() + content)
            written.chmod(0o400)
            written.replace(self._folder / key)
        self._unseen += len(content)
        if self._unseen >= min(_TIDY_EACH, self._max_bytes):
            self._tidy()

    def _tidy(self) -> None:
        self._unseen = 0
        entries = sorted(self._entries(), reverse=True)
        total = 0
        for _, size, path in entries:
            total += size
            if total > self._max_bytes:
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):  # another worker tidies too
                found = path.stat()
                yield found.st_mtime_ns, found.st_size, path


def _split(data: bytes) -> tuple[bytes, bytes]:
    return data[:_DIGEST], data[_DIGEST:]

"""A process that is killed right before a chosen one of its operations on a folder, or in the middle of a write.

Counted are, in all threads: opening for writing, renaming, removing, making a folder, truncating; `write`, `fsync` and
`fdatasync` of a file there; and each step in which Parquet is written, which Python's audit does not see.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

EVENTS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.utime"})
WRITING = os.O_WRONLY | os.O_RDWR


class Countdown:
    """Kills this process at the operation `number` of those on `folder`, counted from 1."""

    def __init__(self, number: int, folder: Path) -> None:
        self._left = number
        self._folder = str(folder)
        self._lock = threading.Lock()

    def watch(self, work: Callable[[], None]) -> None:
        """Do `work` and be killed in it; only the end of the process disarms it."""
        sys.addaudithook(self._heard)
        for name in ("fsync", "fdatasync", "sendfile"):
            setattr(os, name, self._before_descriptor(getattr(os, name)))
        os.write = self._in_two_halves(os.write)
        for name in ("__init__", "write_table", "close"):
            setattr(pq.ParquetWriter, name, self._before_parquet(getattr(pq.ParquetWriter, name)))
        work()

    def count(self) -> None:
        """Be killed if this operation is the one."""
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            if isinstance(arguments[2], int) and arguments[2] & WRITING and self._is_inside(arguments[0]):
                self.count()
        elif event in EVENTS and self._is_inside(arguments[0]):
            self.count()

    def _is_inside(self, where: object) -> bool:
        """Whether a path, or the file of a descriptor, lies in the folder."""
        if isinstance(where, int):
            try:
                where = Path(f"/proc/self/fd/{where}").readlink()
            except OSError:
                return False
        if not isinstance(where, str | bytes | os.PathLike):
            return False
        return os.path.abspath(os.fsdecode(where)).startswith(self._folder)  # noqa: PTH100 - cheap, and no links

    def _before_descriptor(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def counted(descriptor: int, *rest: Any) -> Any:
            if self._is_inside(descriptor):
                self.count()
            return operation(descriptor, *rest)

        return counted

    def _in_two_halves(self, write: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def counted(descriptor: int, data: Any) -> int:
            if not self._is_inside(descriptor):
                return write(descriptor, data)
            self.count()
            done = write(descriptor, data[: len(data) // 2])
            self.count()
            return done + write(descriptor, data[done:])

        return counted

    def _before_parquet(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(writer: pq.ParquetWriter, *given: Any, **named: Any) -> Any:
            self.count()
            return step(writer, *given, **named)

        return counted


def forked(work: Callable[[], None], errors: Path) -> int:
    """Do `work` in a copy of this process; its status as `waitpid` gives it. What it says goes into a file."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        sink = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - whatever it was, the parent reads it
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(1)

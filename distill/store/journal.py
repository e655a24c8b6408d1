"""An append-only file of checksummed lines, written by one attempt of one process.

A line is `CRC32 JSON`, the checksum as eight hex digits. Lines, unlike length-prefixed frames, let a reader
step over damage: a torn or rotten line loses only itself, and `tail -f` shows a run at work.

Durability: a record counts as stored once its line was written and `fdatasync`ed. Lines are committed in
groups, at most `COMMIT_INTERVAL_S` apart, by a thread of its own, so that the event loop never waits for a
disk. What this does not protect against: a disk that lies about `fdatasync`, and two hosts appending to the
same file (every attempt writes a file of its own name instead).
"""

import asyncio
import os
import threading
import time
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import orjson

from distill.errors import RunError
from distill.files import FULL, json_bytes, sync_folder
from distill.rows.columns import Row

COMMIT_INTERVAL_S = 0.05
"""Group commits this far apart: a NFS fsync takes 1–20 ms, so syncing each record is out of the question."""
DISK_WAIT_S = 120.0
"""How long a full disk is waited out before the run stops; nothing already answered is lost meanwhile."""
DISK_RETRY_S = 1.0
DISK_REMINDER_S = 60.0


class Scan(NamedTuple):
    """What a segment holds."""

    num_rows: int
    num_damaged: int
    """Lines whose checksum does not match: a torn tail, or rot."""
    end: int
    """Offset behind the last whole line."""


def encode(row: Row) -> bytes:
    """One line of a segment."""
    payload = json_bytes(row)
    return b"%08x %s\n" % (zlib.crc32(payload), payload)


def payload(line: bytes) -> bytes | None:
    """The row of a line in JSON with its line break, or None where it is torn or damaged."""
    if len(line) < 11 or line[-1:] != b"\n" or line[8:9] != b" ":
        return None
    return line[9:] if line[:8] == b"%08x" % zlib.crc32(memoryview(line)[9:-1]) else None


def decode(line: bytes) -> Row | None:
    """The row of a line, or None where it is torn or damaged."""
    found = payload(line)
    return None if found is None else orjson.loads(found)


def read(path: Path) -> Iterator[Row]:
    """Every undamaged row of a segment, in the order in which it was written."""
    with path.open("rb") as file:
        for line in file:
            row = decode(line)
            if row is not None:
                yield row


def scan(path: Path) -> Scan:
    """Count what a segment holds, sound and damaged."""
    num_rows = num_damaged = offset = end = 0
    with path.open("rb") as file:
        for line in file:
            offset += len(line)
            if payload(line) is None:
                num_damaged += 1
            else:
                num_rows, end = num_rows + 1, offset
    return Scan(num_rows, num_damaged, end)


class Journal:
    """Appends rows to one new segment; group commit in a writer thread.

    `on_wait` is told, in a sentence, when the disk is full.
    """

    def __init__(self, path: Path, on_wait: Callable[[str], None] = lambda _: None) -> None:
        self.path = path
        self.num_bytes = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        sync_folder(path.parent)
        self._on_wait = on_wait
        self._lock = threading.Condition()
        self._lines: list[bytes] = []
        self._num_appended = 0
        self._num_committed = 0
        self._waiters: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._error: RunError | None = None
        self._is_closing = False
        self._thread = threading.Thread(target=self._write, name=f"journal {path.name}", daemon=True)
        self._thread.start()

    def append(self, row: Row) -> None:
        """Queue a row. It is stored once a `commit` that began later returns."""
        line = encode(row)
        with self._lock:
            self._lines.append(line)
            self._num_appended += 1
            self.num_bytes += len(line)
            self._lock.notify()

    async def commit(self) -> None:
        """Wait until every row appended so far is on disk."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._error is None and self._num_committed >= self._num_appended:
                return
            self._waiters.append((self._num_appended, loop, future))
            if self._error is not None:
                self._settle()
        await future

    def flush(self) -> None:
        """As `commit`, for code without an event loop."""
        with self._lock:
            target = self._num_appended
            self._lock.wait_for(lambda: self._error is not None or self._num_committed >= target)
            self._raise_error()

    def close(self) -> None:
        """Commit what is queued and close the file; a second call does nothing."""
        with self._lock:
            self._is_closing = True
            self._lock.notify_all()
        self._thread.join()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        with self._lock:
            self._raise_error()

    def _write(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._lines or self._is_closing)
                lines, self._lines = self._lines, []
                is_last = self._is_closing
            if not lines and is_last:
                return
            self._store(lines)
            if self._error is not None:
                return
            if not is_last:
                time.sleep(COMMIT_INTERVAL_S)

    def _store(self, lines: list[bytes]) -> None:
        error = None
        try:
            self._write_all(b"".join(lines))
            os.fdatasync(self._file)
        except OSError as caught:
            error = RunError(
                f"{self.path} could not be written: {caught.strerror}. What was stored before is whole; "
                "make room or mend the disk, then run the same command again."
            )
        with self._lock:
            self._error = error
            self._num_committed += 0 if error else len(lines)
            self._settle()
            self._lock.notify_all()

    def _write_all(self, data: bytes) -> None:
        """Write all of `data`, waiting while the disk is full."""
        view = memoryview(data)
        start = remind_at = time.monotonic()
        while view:
            try:
                view = view[self._write_some(view) :]
            except OSError as error:
                now = time.monotonic()
                if error.errno not in FULL or now > start + DISK_WAIT_S:
                    raise
                if now >= remind_at:
                    self._on_wait(f"The disk that holds {self.path.parent} is full; waiting for room.")
                    remind_at = now + DISK_REMINDER_S
                time.sleep(DISK_RETRY_S)

    def _write_some(self, data: memoryview) -> int:
        return os.write(self._file, data)

    def _settle(self) -> None:
        """Wake the waiters whose rows are stored, or all of them after an error. Needs the lock."""
        num_ready = len(self._waiters)
        if self._error is None:
            num_ready = bisect_right(self._waiters, self._num_committed, key=itemgetter(0))
        ready, self._waiters = self._waiters[:num_ready], self._waiters[num_ready:]
        for loop in {loop for _, loop, _ in ready if not loop.is_closed()}:
            loop.call_soon_threadsafe(_resolve, [future for _, its, future in ready if its is loop], self._error)

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error


def _resolve(futures: "list[asyncio.Future[None]]", error: Exception | None) -> None:
    """Wake a whole group at once: waking the loop costs a system call."""
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

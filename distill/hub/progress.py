"""How many bytes of a transfer have passed, and how long the rest takes: a bar on a terminal, lines elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from distill.formatting import duration
from distill.progress import console, say

LINE_INTERVAL_S = 10.0
"""Between two lines where no bar can be drawn; a transfer that is over before has none."""


def size_text(num_bytes: int) -> str:
    """`4.30 GB`, `12.5 MB`, `950 B`."""
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if num_bytes >= size:
            return f"{num_bytes / size:,.{2 if num_bytes < 10 * size else 1}f} {unit}"
    return f"{num_bytes} B"


class Transfer:
    """Counts bytes; whoever moves them calls it, from any thread."""

    def __init__(self, name: str, total: int, show: Callable[["Transfer"], None]) -> None:
        self.name = name
        self.total = total
        self.num_bytes = 0
        self._places: dict[str, int] = {}
        self._show = show
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def add(self, num_bytes: int) -> None:
        """So many more have passed."""
        self.reach(self.num_bytes + num_bytes)

    def reach(self, num_bytes: int) -> None:
        """So many have passed in all. What was counted stays counted: a part that is sent again is no step back."""
        with self._lock:
            self.num_bytes = min(max(self.num_bytes, num_bytes), self.total)
            self._show(self)

    def place(self, file: str, at: int) -> None:
        """One of several files has been read up to here."""
        with self._lock:
            self._places[file] = max(at, self._places.get(file, 0))
        self.reach(sum(self._places.values()))

    @property
    def seconds(self) -> float:
        """Since the transfer began."""
        return time.monotonic() - self._start

    def line(self) -> str:
        """`push: 1.2 GB of 3.4 GB · 12 MB/s · 3 min 3 s left`."""
        rate = self.num_bytes / max(self.seconds, 1e-9)
        left = f" · {duration((self.total - self.num_bytes) / rate)} left" if rate else ""
        return f"{self.name}: {size_text(self.num_bytes)} of {size_text(self.total)} · {size_text(round(rate))}/s{left}"


@contextmanager
def transfer(name: str, total: int) -> Iterator[Transfer]:
    """Show a transfer of `total` bytes while the block runs."""
    with _bar(name, total) if console.is_terminal else _lines(name, total) as moving:
        yield moving


@contextmanager
def _bar(name: str, total: int) -> Iterator[Transfer]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("[bold]{task.description:9}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=name == "read") as progress:
        task = progress.add_task(name, total=total)
        yield Transfer(name, total, lambda moving: progress.update(task, completed=moving.num_bytes))


@contextmanager
def _lines(name: str, total: int) -> Iterator[Transfer]:
    last = time.monotonic()

    def write(moving: Transfer) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_INTERVAL_S and moving.num_bytes < total:
            last = time.monotonic()
            say(moving.line())

    yield Transfer(name, total, write)

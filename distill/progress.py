"""Shows a long stage at work: a bar on a terminal, a plain line now and then elsewhere."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from distill.files import FULL

LINE_INTERVAL_S = 10.0
BAR_INTERVAL_S = 0.25
SEPARATOR = " · "


class Remarks(Console):
    """Where nobody reads on, as behind `2>&1 | head -1`, work goes on in silence."""

    def on_broken_pipe(self) -> None:
        """Rich would end the process here."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)


console = Remarks(stderr=True, highlight=False)
"""Progress and remarks go to stderr, so that stdout carries results alone."""


def say(sentence: str) -> None:
    """Tell the user something, above a bar that may be drawn. What a full disk cannot take is left out."""
    try:
        console.print(sentence, markup=False, soft_wrap=True)
    except OSError as error:
        if error.errno not in FULL:
            raise


class Tally:
    """Counts finished items of a stage by kind; `add("pass")`."""

    def __init__(self, total: int, show: Callable[["Tally"], None]) -> None:
        self.total = total
        self.num_done = 0
        self._num_skipped = 0
        self.note = ""
        """Shown behind the counts."""
        self.kinds: Counter[str] = Counter()
        self._show = show
        self._start = time.monotonic()

    def skip(self, count: int) -> None:
        """So many were done by an earlier attempt; they count, but not towards the rate."""
        self.num_done += count
        self._num_skipped += count

    def add(self, *kinds: str) -> None:
        """One more is done."""
        self.num_done += 1
        self.kinds.update(kinds)
        self._show(self)

    def move(self, num_done: int, total: int, note: str) -> None:
        """So much is done, as another process reports it."""
        self.num_done, self.total, self.note = num_done, total, note
        self._show(self)

    @property
    def seconds(self) -> float:
        """Since the stage began."""
        return time.monotonic() - self._start

    @property
    def rate(self) -> float:
        """Items a second of this attempt."""
        return (self.num_done - self._num_skipped) / max(self.seconds, 1e-9)

    @property
    def share(self) -> str:
        """`300 of 1,000`, or `300` where the total is not known."""
        return f"{self.num_done:,} of {self.total:,}" if self.total else f"{self.num_done:,}"

    @property
    def seconds_left(self) -> float | None:
        """The time left at this attempt's rate, where the total is known."""
        num_left = self.total - self.num_done
        return num_left / self.rate if num_left > 0 and self.rate > 0 else None

    def detail(self) -> str:
        """`412/s · pass 300 · fail 88`."""
        counts = [f"{kind} {count:,}" for kind, count in sorted(self.kinds.items())]
        return SEPARATOR.join(part for part in [f"{self.rate:,.1f}/s", *counts, self.note] if part)


@contextmanager
def stage(name: str, total: int) -> Iterator[Tally]:
    """Show a stage of `total` items while the block runs."""
    with _bar(name, total) if console.is_terminal else _lines(name, total) as tally:
        yield tally


def fitted(detail: str, width: int) -> str:
    """As many of the parts of a detail, from the first, as fit into a line.

    >>> fitted("4.1/s · pass 30 · 12 in flight", 18)
    '4.1/s · pass 30'
    """
    parts = detail.split(SEPARATOR)
    while len(parts) > 1 and len(SEPARATOR.join(parts)) > width:
        parts.pop()
    return SEPARATOR.join(parts)


class DetailedBar(Progress):
    """A bar with its share and time left, and below it a line of details that is never wider than the terminal."""

    def get_renderables(self) -> Iterator[RenderableType]:
        """The bar, and what the task says of itself."""
        yield self.make_tasks_table(self.tasks)
        for task in self.tasks:
            yield Text(fitted(task.fields["detail"], self.console.width), no_wrap=True, overflow="ellipsis")


@contextmanager
def _bar(name: str, total: int) -> Iterator[Tally]:
    columns = (
        TextColumn("[bold]{task.description:9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with DetailedBar(*columns, console=console, refresh_per_second=4) as progress:
        task = progress.add_task(name, total=total, detail="")

        def draw(tally: Tally) -> None:
            progress.update(task, completed=tally.num_done, total=tally.total, detail=tally.detail())

        tally = Tally(total, _now_and_then(draw, BAR_INTERVAL_S))
        yield tally
        draw(tally)


@contextmanager
def _lines(name: str, total: int) -> Iterator[Tally]:
    def write(tally: Tally) -> None:
        left = tally.seconds_left
        say(f"{name}: {tally.share} · {tally.detail()}" + (f" · {left:,.0f} s left" if left else ""))

    tally = Tally(total, _now_and_then(write, LINE_INTERVAL_S))
    yield tally
    say(f"{name}: {tally.share} · {tally.detail()} · took {tally.seconds:,.1f} s")


def _now_and_then(show: Callable[[Tally], None], interval_s: float) -> Callable[[Tally], None]:
    """`show`, but not again within the interval: showing costs more than many an item that is counted."""
    last = time.monotonic()

    def show_at_times(tally: Tally) -> None:
        nonlocal last
        if time.monotonic() - last >= interval_s:
            last = time.monotonic()
            show(tally)

    return show_at_times

"""Lines of a text that come again one after the other. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, starmap
from operator import eq, itemgetter
from typing import NamedTuple

from distill.audit.measures.letters import num_letters

MIN_SAME_LINES = 4
MIN_LINE_LETTERS = 8
"""A shorter line is a bracket, a number, or `else:`."""
MIN_TURNS, MIN_TURN_LETTERS, MAX_TURN_LINES = 10, 40, 4
"""So many turns of up to four lines, each of so many letters, in which nothing changes but a number that rises by one,
are no list of cases: a case gives a result."""
_DIGITS = re.compile(r"[0-9]+")


class LineRun(NamedTuple):
    """Turns of equal lines."""

    times: int
    first: str
    """The first line of them."""
    is_counted: bool
    """Whether a number in them rises from turn to turn."""


def line_runs(text: str, prompt: str) -> Iterator[LineRun]:
    """The longest run of one line, and the longest of turns that count up; blank lines, and what a prompt has, apart.

    Most texts have hardly two lines that are equal but for their digits, and are looked at no further.
    """
    lines = [line for line in map(str.strip, text.split("\n")) if line]
    masked = _without_digits("\n".join(lines)).split(b"\n")
    if len(masked) - len(set(masked)) < MIN_SAME_LINES - 1:
        return
    yield from _same(lines, prompt)
    yield from _counted(lines, masked, prompt)


def _same(lines: Sequence[str], prompt: str) -> Iterator[LineRun]:
    if not any(map(eq, lines, lines[1:])):
        return
    runs = ((sum(1 for _ in same), line) for line, same in groupby(lines))
    told = [run for run in runs if run[0] >= MIN_SAME_LINES and num_letters(run[1]) >= MIN_LINE_LETTERS]
    times, line = max((run for run in told if run[1] not in prompt), key=itemgetter(0), default=(0, ""))
    if times:
        yield LineRun(times, line, is_counted=False)


def _counted(lines: Sequence[str], masked: Sequence[bytes], prompt: str) -> Iterator[LineRun]:
    found = [
        LineRun(length // height + 1, lines[start], is_counted=True)
        for height in range(1, MAX_TURN_LINES + 1)
        for start, length in _runs(lines, masked, height)
        if sum(map(num_letters, lines[start : start + height])) >= MIN_TURN_LETTERS
        and masked[start] not in _without_digits(prompt)
    ]
    if found:
        yield max(found, key=itemgetter(0))


def _runs(lines: Sequence[str], masked: Sequence[bytes], height: int) -> Iterator[tuple[int, int]]:
    """Where turns of `height` lines begin that go on as they began, and how many lines more that holds for."""
    least = (MIN_TURNS - 1) * height
    are_same = bytes(map(eq, masked, masked[height:]))
    if b"\1" * least not in are_same:
        return
    numbers = [_DIGITS.findall(line) for line in lines]
    rises = [_rise(numbers[at], numbers[at + height]) if same else None for at, same in enumerate(are_same)]
    at = 0
    for goes_on, group in groupby(rises, key=lambda rise: rise is not None):
        found = list(group)
        if goes_on and len(found) >= least and 1 in found:
            yield at, len(found)
        at += len(found)


def _without_digits(text: str) -> bytes:
    """In UTF-8, since bytes are taken out of bytes in a tenth of the time."""
    return text.encode("utf-8", "surrogatepass").translate(None, b"0123456789")


def _rise(before: Sequence[str], after: Sequence[str]) -> int | None:
    """1 where some numbers are greater by one and the others are equal, 0 where all are; None where one is not."""
    if len(before) != len(after):
        return None
    steps = set(starmap(_step, zip(before, after, strict=True)))
    return max(steps, default=0) if steps <= {0, 1} else None


def _step(before: str, after: str) -> int:
    return 0 if before == after else int(after[:18]) - int(before[:18])

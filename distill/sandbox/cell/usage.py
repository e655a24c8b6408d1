"""What all processes of a run have used: CPU time, time spent waiting for a CPU, and memory. Read from /proc.

It is seen from the zygote's namespace of process ids, where the zygote is 1 and every other process is of the run.
"""

import os
import resource
from collections.abc import Callable, Iterator
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024


class TimeUsed(NamedTuple):
    """Of all processes of a run together."""

    cpu_s: float
    """Of those that ended too, unless their parent did not care for them."""
    queued_s: float
    """How long the threads that are there were ready to run and had no CPU."""


def time_used() -> TimeUsed:
    """What the run has used so far."""
    cpu_s = queued_s = 0.0
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                cpu_s += sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / _TICKS
            queued_s += sum(_queued_s(pid, task) for task in os.listdir(f"/proc/{pid}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return TimeUsed(cpu_s, queued_s)


def _queued_s(pid: str, task: str) -> float:
    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


def exceeds(num_bytes: int) -> bool:
    """Whether the run uses more memory than this, where no cgroup keeps the sum.

    Memory that processes share counts once, but is only taken apart, which costs, where the plain sum is too large.
    """
    return _sum("statm", _resident) > num_bytes and _sum("smaps_rollup", _share) > num_bytes


def _sum(file: str, read: Callable[[str], int]) -> int:
    total = 0
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/{file}", encoding="ascii", errors="replace") as opened:
                total += read(opened.read())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def _resident(statm: str) -> int:
    return int(statm.split()[1]) * resource.getpagesize() if statm else 0


def _share(rollup: str) -> int:
    return next((int(line.split()[1]) * _KIB for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _processes() -> Iterator[str]:
    return (name for name in os.listdir("/proc") if name.isdigit() and name != "1")

"""What all processes of a run have used: CPU time, time spent waiting for a CPU, and memory. Read from /proc.

It is seen from the zygote's namespace of process ids, where the zygote is 1 and every other process is of the run.
"""

import os
import resource
from collections.abc import Callable, Iterator

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024


class BusyTime:
    """How long a run has run, and how long it was idle: neither running nor waiting for a CPU.

    Threads that wait side by side are busy together, so between two looks it is busy for no longer than these are
    apart: what many have waited for at once does not excuse what all of them sleep later.
    """

    def __init__(self) -> None:
        self.cpu_s = self.idle_s = 0.0
        """CPU time is that of all processes, also of those that ended, unless their parent did not care for them."""
        self._wall_s = self._seen_cpu_s = self._seen_queued_s = 0.0

    def look(self, wall_s: float) -> None:
        """Take in what the run has used until now, `wall_s` after it was started."""
        cpu_s, queued_s = _time_used()
        busy_s = max(0.0, cpu_s - self._seen_cpu_s) + max(0.0, queued_s - self._seen_queued_s)
        self.idle_s += max(0.0, wall_s - self._wall_s - busy_s)
        self.cpu_s = max(self.cpu_s, cpu_s)
        self._wall_s, self._seen_cpu_s, self._seen_queued_s = wall_s, cpu_s, queued_s


def _time_used() -> tuple[float, float]:
    """CPU time of all processes, and how long the threads that are there were ready to run and had no CPU."""
    cpu_s = queued_s = 0.0
    for pid in _processes():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                cpu_s += sum(map(int, file.read().rpartition(")")[2].split()[11:15])) / _TICKS
            queued_s += sum(_queued_s(pid, task) for task in os.listdir(f"/proc/{pid}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return cpu_s, queued_s


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
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is a system program that nobody may look into, and that holds nothing
    return total


def _resident(statm: str) -> int:
    return int(statm.split()[1]) * resource.getpagesize() if statm else 0


def _share(rollup: str) -> int:
    return next((int(line.split()[1]) * _KIB for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _processes() -> Iterator[str]:
    return (name for name in os.listdir("/proc") if name.isdigit() and name != "1")

"""Control groups: the sum of the memory and the number of the processes of everything that a cell runs."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

_ROOT = Path("/sys/fs/cgroup")


class ControlGroup(Protocol):
    """A control group of our own."""

    @property
    def version(self) -> str:
        """`cgroup v2` or `cgroup v1`."""
        ...

    def add(self, pid: int) -> None:
        """Move a process, and with it what it will start, into the group."""
        ...

    def limit(self, memory_bytes: int) -> None:
        """Set how much memory all members together may use."""
        ...

    def count_kills(self) -> int:
        """How many processes the kernel has ended for want of memory so far."""
        ...

    def remove(self) -> None:
        """Remove the group, which must be empty."""
        ...


class GroupV2(NamedTuple):
    """A group of the unified hierarchy."""

    path: Path
    version: str = "cgroup v2"

    def add(self, pid: int) -> None:
        """See `ControlGroup`."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def limit(self, memory_bytes: int) -> None:
        """See `ControlGroup`."""
        (self.path / "memory.max").write_text(str(memory_bytes))

    def count_kills(self) -> int:
        """See `ControlGroup`."""
        return _field(self.path / "memory.events", "oom_kill")

    def remove(self) -> None:
        """See `ControlGroup`."""
        _remove(self.path)


class GroupV1(NamedTuple):
    """A group of the old memory controller."""

    path: Path
    version: str = "cgroup v1"

    def add(self, pid: int) -> None:
        """See `ControlGroup`."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def limit(self, memory_bytes: int) -> None:
        """See `ControlGroup`."""
        (self.path / "memory.limit_in_bytes").write_text(str(memory_bytes))

    def count_kills(self) -> int:
        """See `ControlGroup`."""
        return _field(self.path / "memory.oom_control", "oom_kill")

    def remove(self) -> None:
        """See `ControlGroup`."""
        _remove(self.path)


_PREFIX = "distill"


def create_group() -> ControlGroup | None:
    """A group below the one we are in, of version 2 if it can limit memory, else 1; None where neither may be made.

    It never swaps, so that a limit on memory is one.
    """
    name = f"{_PREFIX}-{os.getpid()}-{time.monotonic_ns()}"
    for kind, parent in _places():
        path = parent / name
        if kind is GroupV2 and _make(path, "memory.max"):
            with suppress(OSError):
                (path / "memory.swap.max").write_text("0")
            return GroupV2(path)
        if kind is GroupV1 and _make(path, "memory.limit_in_bytes"):
            with suppress(OSError):
                (path / "memory.swappiness").write_text("0")
            return GroupV1(path)
    return None


def sweep() -> None:
    """Remove the groups of processes that were killed before they could."""
    for _, parent in _places():
        for path in parent.glob(f"{_PREFIX}-*"):
            if not Path(f"/proc/{path.name.split('-')[1]}").exists():
                _remove(path)


def _places() -> Iterator[tuple[type[GroupV1 | GroupV2], Path]]:
    """Where groups may be made: below our own."""
    memberships = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    for _, controllers, inside in memberships:
        if controllers == "":
            yield from ((GroupV2, root / inside.lstrip("/")) for root in (_ROOT, _ROOT / "unified"))
    for _, controllers, inside in memberships:
        if "memory" in controllers.split(","):
            yield GroupV1, _ROOT / "memory" / inside.lstrip("/")


def _make(path: Path, needed: str) -> bool:
    """Make a group that has the file `needed` and takes processes; leave nothing behind otherwise."""
    try:
        path.mkdir()
    except OSError:
        return False
    if os.access(path / needed, os.W_OK) and os.access(path / "cgroup.procs", os.W_OK):
        return True
    path.rmdir()
    return False


def _remove(path: Path) -> None:
    """Remove a group; what was killed in it leaves a moment later."""
    for _ in range(100):
        try:
            path.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                return
            time.sleep(0.01)
        else:
            return


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0

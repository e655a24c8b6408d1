"""A cell: one zygote, its control group, and the means to run a program in it and to get another when it breaks."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from distill.sandbox.cell.cgroup import create_group
from distill.sandbox.cell.zygote_process import Report, ZygoteProcess, ZygoteStarter
from distill.sandbox.limits import MIB, Ending, Limits, Run, RunRequest

Mode = Literal["script", "calls", "candidate", "assertions", "execute", "build"]

ATTEMPTS = 3
"""How often a run is tried whose sandbox broke, or was killed from outside."""
_GROUP_OVERHEAD_MB = 48
"""The zygote and the interpreter itself, which share the group with the program."""
_INTERPRETER_MB, _PACKAGES_MB = 96, 768
"""Address space of an idle interpreter, bare or with numpy, on top of what the program may use."""
_STDERR_TAIL = 64 << 10
_GRACE_S = 30
_UNEVENTFUL_S = 0.05
"""The kernel cannot have run out of memory, and ended something, in a run shorter than this that ended well."""
_PATIENCE = 3


class CellWork(NamedTuple):
    """What to run in a cell: a harness, its job, and the files that it reads."""

    mode: Mode
    job: bytes
    limits: Limits
    inputs: Sequence[bytes] = ()
    artifact: int | None = None
    """An open executable, for `execute`."""
    link: socket.socket | None = None
    """To another cell."""


class Started(NamedTuple):
    """A run that was asked for and has not been reported yet."""

    work: CellWork
    files: tuple[int, int, int]


class Cell:
    """Runs one program at a time, each in a fork of its zygote. Not for use by several threads."""

    def __init__(self, binds: Sequence[str] = (), packages: Sequence[str] = (), warm: Sequence[str] = ()) -> None:
        """Start a zygote that sees the system folders and `binds`; SandboxError where this machine forbids it.

        `packages` are folders that its programs may import from, besides the standard library; modules named in `warm`
        are imported once, before any program comes.
        """
        self._interpreter_mb = _PACKAGES_MB if packages else _INTERPRETER_MB
        self._group = create_group()
        self._memory_mb = 0
        self._num_kills = 0
        self._starter = ZygoteStarter(binds, packages, warm, self._group)
        self._zygote: ZygoteProcess | None = self._starter.start()
        self.isolation = self._starter.isolation

    def run(self, work: CellWork) -> Run:
        """Run to the end. A broken sandbox is an ending too (`LOST`), and the next run gets a new one."""
        return self.finish(self.begin(work))

    def run_surely(self, work: CellWork) -> Run:
        """Run, again where the sandbox broke or was killed from outside; `LOST` where it does so every time."""
        run = self.run(work)
        for _ in range(ATTEMPTS - 1):
            if run.ending is not Ending.LOST:
                break
            run = self.run(work)
        return run

    def begin(self, work: CellWork) -> Started | None:
        """Ask for a run; None if the zygote could not even be asked."""
        self._zygote = self._zygote or self._starter.start()
        self._limit_memory(work.limits)
        files = (os.memfd_create("stdout"), os.memfd_create("stderr"), os.memfd_create("result"))
        job, *inputs = (_file(content) for content in (work.job, *work.inputs))
        passed = [job, *files, *inputs]
        passed += [work.artifact] if work.artifact is not None else []
        passed += [work.link.fileno()] if work.link is not None else []
        is_asked = self._zygote.ask(self._request(work), passed)
        _close(job, *inputs)
        if is_asked:
            return Started(work, files)
        self.close()
        _close(*files)
        return None

    def finish(self, started: Started | None) -> Run:
        """Wait for the end of what was begun."""
        if started is None:
            return _lost("the zygote was gone")
        limits = started.work.limits
        report = self._zygote.report(_PATIENCE * limits.wall_s + _GRACE_S) if self._zygote else None
        stdout, stderr, result = (_content(file) for file in started.files)
        _close(*started.files)
        if report is None:
            self.close()
            return _lost("the zygote died")
        if not report["has_begun"]:
            return _lost(stderr.decode(errors="replace").strip() or "the sandbox did not come up")
        cpu, wall, starved = (float(report[key]) for key in ("cpu_s", "wall_s", "starved_s"))
        ending = self._ending(report, limits)
        return Run(ending, int(report["status"]), stdout, stderr[-_STDERR_TAIL:], result, cpu, wall, starved)

    def close(self) -> None:
        """End the zygote, and with it all that it started; safe to call twice."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def remove(self) -> None:
        """Close, and give the control group back."""
        self.close()
        if self._group:
            self._group.remove()

    def _limit_memory(self, limits: Limits) -> None:
        wanted = limits.memory_mb + limits.scratch_mb + _GROUP_OVERHEAD_MB
        if self._group and wanted != self._memory_mb:
            with suppress(OSError):  # busy: memory of the last run is still being freed; the next run asks again
                self._group.limit(wanted * MIB)
                self._memory_mb = wanted

    def _request(self, work: CellWork) -> RunRequest:
        limits = work.limits
        return RunRequest(
            mode=work.mode,
            wall_s=limits.wall_s,
            address_space_mb=limits.memory_mb + self._interpreter_mb if limits.caps_address_space else None,
            output_mb=limits.output_mb,
            scratch_mb=limits.scratch_mb,
            num_files=limits.num_files,
            num_processes=limits.num_processes,
            num_open_files=limits.num_open_files,
            watched_mb=None if self._group else limits.memory_mb + _GROUP_OVERHEAD_MB,
        )

    def _ending(self, report: Report, limits: Limits) -> Ending:
        ending, status = Ending(str(report["ending"])), report["status"]
        has_run_out = self._has_run_out_of_memory() if status or float(report["wall_s"]) > _UNEVENTFUL_S else False
        if ending is Ending.EXITED and status == -9:
            # The init of a pid namespace cannot kill itself: it was the kernel, for memory or time, or an outsider.
            if has_run_out:
                return Ending.MEMORY
            return Ending.TIME if float(report["cpu_s"]) >= 2 * limits.wall_s else Ending.LOST
        return ending

    def _has_run_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group for want of memory since this was asked last."""
        if self._group is None:
            return False
        before, self._num_kills = self._num_kills, self._group.count_kills()
        return self._num_kills > before


def _file(content: bytes) -> int:
    file = os.memfd_create("input")
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _content(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


def _lost(why: str) -> Run:
    return Run(Ending.LOST, 0, b"", why.encode(), b"", 0.0, 0.0, 0.0)

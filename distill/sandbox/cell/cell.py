"""A cell: one zygote, its control group, and the means to run a program in it and to get another when it breaks."""

import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from distill.sandbox.cell.cgroup import create_group
from distill.sandbox.cell.sealed import sealed
from distill.sandbox.cell.zygote_process import Report, ZygoteProcess, ZygoteStarter
from distill.sandbox.limits import MIB, Ending, Limits, Run, RunRequest

Mode = Literal["script", "calls", "candidate", "assertions", "execute", "build"]

ATTEMPTS = 3
"""How often a run is tried whose sandbox broke, or was killed from outside."""
_OVERHEAD_MB = 32
"""What a fork of the interpreter copies, and what the kernel keeps for it."""
_RESERVED_MB = 4096
"""Address space beyond what the program may use: stacks of threads, and what libraries reserve and never touch."""
_SEALABLE = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
_STDERR_TAIL = 64 << 10
_GRACE_S = 30
_UNEVENTFUL_S = 0.05
"""The kernel cannot have run out of memory, and ended something, in a run shorter than this that ended well."""
_PATIENCE = 11
"""More than that of the zygote, which ends every run by itself."""


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
    streams: tuple[int, int] | None = None
    """Pipes that are its standard input and output, in place of files."""


class Started(NamedTuple):
    """A run that was asked for and has not been reported yet."""

    work: CellWork
    files: tuple[int, int, int]


class Cell:
    """Runs one program at a time, each in a fork of its zygote. Not for use by several threads."""

    def __init__(self, binds: Sequence[str] = (), packages: Sequence[str] = (), warm: Sequence[str] = ()) -> None:
        """Start a zygote that sees the system folders and `binds`; SandboxError where this machine forbids it.

        `packages` are the folders and files of packages that its programs may import, besides the standard library;
        modules named in `warm` are imported once, before any program comes.
        """
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
        is_limited = self._limit_memory(work.limits)
        files = (os.memfd_create("stdout"), os.memfd_create("stderr"), os.memfd_create("result", _SEALABLE))
        job, *inputs = (sealed(content) for content in (work.job, *work.inputs))
        passed = [job, *files, *inputs]
        if work.streams is not None:
            stdin, stdout = work.streams
            passed = [job, stdout, *files[1:], stdin]
        passed += [work.artifact] if work.artifact is not None else []
        passed += [work.link.fileno()] if work.link is not None else []
        is_asked = self._zygote.ask(_request(work, is_watched=not is_limited), passed)
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
        report = (
            self._zygote.report(_PATIENCE * max(limits.wall_s, limits.idle_s or 0) + _GRACE_S) if self._zygote else None
        )
        stdout, stderr, result = (_content(file) for file in started.files)
        _close(*started.files)
        if report is None:
            self.close()
            return _lost("the zygote died")
        if not report["has_begun"]:
            return _lost(stderr.decode(errors="replace").strip() or "the sandbox did not come up")
        ending = self._ending(report)
        if ending is Ending.LOST:
            return _lost("ended from outside, or for want of a CPU")
        cpu_s, wall_s = float(report["cpu_s"]), float(report["wall_s"])
        return Run(ending, int(report["status"]), stdout, stderr[-_STDERR_TAIL:], result, cpu_s, wall_s)

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

    def _limit_memory(self, limits: Limits) -> bool:
        """Whether the control group holds the run's memory: the kernel may still be freeing that of the run before."""
        wanted = limits.memory_mb + limits.output_mb + self._starter.own_mb + _OVERHEAD_MB
        if self._group and wanted != self._memory_mb:
            with suppress(OSError):
                self._group.limit(wanted * MIB)
                self._memory_mb = wanted
        return self._group is not None and wanted == self._memory_mb

    def _ending(self, report: Report) -> Ending:
        ending, status = Ending(str(report["ending"])), report["status"]
        has_run_out = self._has_run_out_of_memory() if status or float(report["wall_s"]) > _UNEVENTFUL_S else False
        if ending is Ending.EXITED and has_run_out:
            return Ending.MEMORY
        if ending is Ending.EXITED and status == -signal.SIGKILL:
            return Ending.LOST  # the init of a pid namespace cannot kill itself: it was an outsider
        return ending

    def _has_run_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group for want of memory since this was asked last."""
        if self._group is None:
            return False
        before, self._num_kills = self._num_kills, self._group.count_kills()
        return self._num_kills > before


def _content(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


def _lost(why: str) -> Run:
    return Run(Ending.LOST, 0, b"", why.encode(), b"", 0.0, 0.0)


def _request(work: CellWork, *, is_watched: bool) -> RunRequest:
    limits = work.limits
    return RunRequest(
        mode=work.mode,
        cpu_s=limits.wall_s,
        idle_s=limits.wall_s if limits.idle_s is None else limits.idle_s,
        address_space_mb=limits.memory_mb + _RESERVED_MB if limits.caps_address_space else None,
        output_mb=limits.output_mb,
        scratch_mb=limits.scratch_mb,
        num_files=limits.num_files,
        num_processes=limits.num_processes,
        num_open_files=limits.num_open_files,
        memory_mb=limits.memory_mb + _OVERHEAD_MB,
        is_watched=is_watched,
    )

"""A cell: one zygote, its control group, and the means to run a program in it and to get another when it breaks."""

import json
import os
import resource
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from distill.errors import SandboxError
from distill.sandbox.cell.cgroup import Group, create_group
from distill.sandbox.limits import MIB, Ending, Limits, Request, Run

Mode = Literal["script", "calls", "candidate", "assertions", "execute", "build"]

_PACKAGE_ROOT = Path(__file__).parents[3]
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); from distill.sandbox.cell.zygote import main; main({fd}, {settings!r})"
)
_GROUP_OVERHEAD_MB = 48
"""The zygote and the interpreter itself, which share the group with the program."""
_INTERPRETER_MB, _PACKAGES_MB = 96, 768
"""Address space of an idle interpreter, bare or with numpy, on top of what the program may use."""
_STDERR_TAIL = 64 << 10
_LAST_ID, _NUM_SPARE = 1_500_000_000, 10_000
"""Ids of cells made by root: far from those that systems give to users."""
_STACK = 1 << 30
_GRACE_S = 30
_START_ATTEMPTS = 3
_UNEVENTFUL_S = 0.05
"""The kernel cannot have run out of memory, and ended something, in a run shorter than this that ended well."""
_PATIENCE = 3
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - of the sandbox
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Work(NamedTuple):
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

    work: Work
    files: tuple[int, int, int]


class Cell:
    """Runs one program at a time, each in a fork of its zygote. Not for use by several threads."""

    def __init__(self, binds: Sequence[str] = (), packages: Sequence[str] = ()) -> None:
        """Start a zygote that sees the system folders and `binds`; SandboxError where this machine forbids it.

        `packages` are folders that its programs may import from, besides the standard library.
        """
        self._packages = [os.path.realpath(folder) for folder in packages]
        self._interpreter_mb = _PACKAGES_MB if packages else _INTERPRETER_MB
        self._binds = [*_interpreter_folders(), *binds, *self._packages]
        self._group: Group | None = create_group()
        self._memory_mb = 0
        self._num_kills = 0
        self._outer_id = _spare_id()
        self._process: subprocess.Popen[bytes] | None = None
        self.isolation = self._start()

    def run(self, work: Work) -> Run:
        """Run to the end. A broken sandbox is an ending too (`LOST`), and the next run gets a new one."""
        return self.finish(self.begin(work))

    def begin(self, work: Work) -> Started | None:
        """Ask for a run; None if the zygote could not even be asked."""
        if self._process is None:
            self._start()
        self._limit_memory(work.limits)
        files = (os.memfd_create("stdout"), os.memfd_create("stderr"), os.memfd_create("result"))
        job, *inputs = (_file(content) for content in (work.job, *work.inputs))
        passed = [job, *files, *inputs]
        passed += [work.artifact] if work.artifact is not None else []
        passed += [work.link.fileno()] if work.link is not None else []
        try:
            socket.send_fds(self._control, [self._request(work)], passed)
        except OSError:
            self.close()
            for file in files:
                os.close(file)
            return None
        finally:
            for file in (job, *inputs):
                os.close(file)
        return Started(work, files)

    def finish(self, started: Started | None) -> Run:
        """Wait for the end of what was begun."""
        if started is None:
            return _lost("the zygote was gone")
        report = self._report(started.work.limits)
        stdout, stderr, result = (_content(file) for file in started.files)
        for file in started.files:
            os.close(file)
        if report is None:
            self.close()
            return _lost("the zygote died")
        if not report["has_begun"]:
            return _lost(stderr.decode(errors="replace").strip() or "the sandbox did not come up")
        ending = self._ending(report, started.work.limits)
        cpu, wall, starved = (float(report[key]) for key in ("cpu_s", "wall_s", "starved_s"))
        return Run(ending, int(report["status"]), stdout, stderr[-_STDERR_TAIL:], result, cpu, wall, starved)

    def close(self) -> None:
        """End the zygote, and with it all that it started; safe to call twice."""
        if self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Close, and give the control group back."""
        self.close()
        if self._group:
            self._group.remove()

    def _start(self) -> tuple[str, ...]:
        """Start a zygote; another if it died before it could say a word, as it does when somebody kills it."""
        for _ in range(_START_ATTEMPTS):
            self._spawn()
            with suppress(OSError, ValueError):
                answer = json.loads(self._control.recv(1 << 16))
                if "ready" in answer:
                    return self._walls(answer["ready"])
                self.close()
                if self._outer_id is None:
                    raise SandboxError(_refusal(answer["error"]))
                self._outer_id = None  # root in name only, as in a container: try what ordinary users may
            self.close()
        raise SandboxError(_refusal("the zygote died while it started"))

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"binds": self._binds, "outer_id": self._outer_id, "packages": self._packages}
        boot = _BOOT.format(root=str(_PACKAGE_ROOT), fd=theirs.fileno(), settings=json.dumps(settings))
        command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", boot]
        _, hard = resource.getrlimit(resource.RLIMIT_STACK)
        stack = _STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard)
        resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))  # how far a stack can grow is fixed at exec
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=_ENVIRONMENT
        )
        theirs.close()
        if self._group:
            with suppress(ProcessLookupError):
                self._group.add(self._process.pid)
        self._control = ours
        ours.settimeout(_GRACE_S)

    def _walls(self, inner: list[str]) -> tuple[str, ...]:
        group = self._group.version if self._group else "memory watch"
        rights = "rootless" if self._outer_id is None else "root, as an id of its own"
        return ("namespaces user pid mnt net ipc uts", *inner, group, rights)

    def _limit_memory(self, limits: Limits) -> None:
        wanted = limits.memory_mb + limits.scratch_mb + _GROUP_OVERHEAD_MB
        if self._group and wanted != self._memory_mb:
            with suppress(OSError):  # busy: memory of the last run is still being freed; the next run asks again
                self._group.limit(wanted * MIB)
                self._memory_mb = wanted

    def _request(self, work: Work) -> bytes:
        limits = work.limits
        request = Request(
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
        return json.dumps(request._asdict()).encode()

    def _report(self, limits: Limits) -> dict[str, float | str | bool] | None:
        self._control.settimeout(_PATIENCE * limits.wall_s + _GRACE_S)
        try:
            message = self._control.recv(4096)
        except OSError:
            return None
        report: dict[str, float | str | bool] | None = json.loads(message) if message else None
        return report

    def _ending(self, report: dict[str, float | str | bool], limits: Limits) -> Ending:
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


def _spare_id() -> int | None:
    """An id that nobody has, for root to run programs as; None where we are not root, or have no ids to spare."""
    if os.geteuid() != 0:
        return None
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda found: found[2])
    if count < 2 * _NUM_SPARE:
        return None
    return min(first + count, _LAST_ID) - 1 - os.getpid() % _NUM_SPARE


def _interpreter_folders() -> list[str]:
    paths = sysconfig.get_paths()
    folders = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("LIBDIR") or "", sys.executable]
    return sorted({os.path.realpath(folder) for folder in folders if folder})


def _file(content: bytes) -> int:
    file = os.memfd_create("input")
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _content(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _lost(why: str) -> Run:
    return Run(Ending.LOST, 0, b"", why.encode(), b"", 0.0, 0.0, 0.0)


def _refusal(seen: str) -> str:
    return (
        f"this machine does not let untrusted programs be isolated: {seen}. Allow user namespaces "
        "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns; in a container: --security-opt seccomp=unconfined or "
        "--privileged), or choose another sandbox: --sandbox wasi, --sandbox sandboxfusion:URL, --sandbox piston:URL."
    )

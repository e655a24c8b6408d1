"""What happens between the fork and the untrusted program: the walls go up, then a harness takes over."""

import contextlib
import gc
import importlib
import os
import resource
import sys
import threading
from collections.abc import Iterator
from typing import NoReturn

from distill import linux
from distill.sandbox.cell.root import SCRATCH, place
from distill.sandbox.cell.seccomp import seccomp_filter
from distill.sandbox.inside import harness
from distill.sandbox.limits import MIB, RunRequest

_FILTER = seccomp_filter()
_LANDLOCK = linux.landlock_version()
_THREAD_STACK = 16 * MIB
WARM = "bisect collections copy datetime functools heapq io itertools json math operator re string struct time typing"
"""What programs import most: once here instead of in every run. Not `random`, which draws a new seed in every fork."""


def move_library(packages: list[str]) -> None:
    """Point the interpreter to where its library and `packages` will lie; done while links can still be followed.

    What the boot line put first on the path, this package, is not to be found inside.
    """
    sys.path[:] = [place(os.path.realpath(path)) for path in (*sys.path[1:], *packages)]
    sys.executable = place(os.path.realpath(sys.executable))


def warm_up(modules: list[str]) -> None:
    """Import what programs will import, `modules` among it, and keep it out of their garbage collections."""
    with _quiet():
        for name in [*WARM.split(), *modules]:
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # not installed here: then programs cannot have it either
    sys.set_int_max_str_digits(0)  # answers of 10^5 digits are honest
    threading.stack_size(_THREAD_STACK)
    linux.rehearse()
    harness.rehearse()
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Drop what imports and the commands that they start say: they miss a home folder, which a cell has not."""
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(nowhere)
        os.close(stderr)


def walls() -> list[str]:
    """What every child puts up by itself."""
    found = ["seccomp", "rlimits", "no_new_privs"]
    return [*found, f"landlock {_LANDLOCK}"] if _LANDLOCK else found


def run(request: RunRequest, fds: list[int], begun: int) -> NoReturn:
    """Isolate this fork, say on `begun` that it is, and hand it to the harness that the request names."""
    try:
        _isolate(request)
        harness_run = getattr(harness, request.mode)
        os.dup2(fds[1], 1)
        os.dup2(fds[2], 2)
        os.write(begun, b"!")
        os.close(begun)
        harness_run(fds)
    except BaseException as error:  # noqa: BLE001 - a fork must never return into the zygote's loop
        os.write(2, f"sandbox: {error!r}\n".encode())
    finally:
        os._exit(harness.BROKEN)


def _isolate(request: RunRequest) -> None:
    linux.unshare(linux.CLONE_NEWNS)
    options = f"size={request.scratch_mb}m,nr_inodes={request.num_files},mode=700"
    linux.mount("scratch", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    os.chdir(SCRATCH)
    if request.watched_mb is None:
        _be_the_first_to_go()
    _limit(request)
    linux.no_new_privileges()
    linux.drop_capabilities()
    if _LANDLOCK:
        linux.landlock(_LANDLOCK, "/", SCRATCH)
    linux.seccomp(_FILTER)


def _be_the_first_to_go() -> None:
    """Let the kernel, when memory runs out, end the program rather than the zygote."""
    fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(fd, b"1000")
    os.close(fd)


def _limit(request: RunRequest) -> None:
    # Threads may use several CPUs; the deadline itself is the supervisor's.
    _cap(resource.RLIMIT_CPU, int(2 * request.wall_s) + 2)
    _cap(resource.RLIMIT_FSIZE, request.output_mb * MIB)
    _cap(resource.RLIMIT_NOFILE, request.num_open_files)
    _cap(resource.RLIMIT_NPROC, request.num_processes)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        _cap(kind, 0)
    if request.address_space_mb is not None:
        _cap(resource.RLIMIT_AS, request.address_space_mb * MIB)


def _cap(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))

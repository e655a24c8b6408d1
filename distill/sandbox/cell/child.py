"""What happens between the fork and the untrusted program: the walls go up, then a harness takes over."""

import contextlib
import gc
import importlib
import os
import resource
import site
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import NoReturn

from distill import linux
from distill.sandbox.cell.root import DEVICES, PACKAGES, SCRATCH, place
from distill.sandbox.inside import harness
from distill.sandbox.limits import MIB, RunRequest

_LANDLOCK = linux.landlock_version()
_THREAD_STACK = 16 * MIB
WARM = "bisect collections copy datetime functools heapq io itertools json math operator re string struct time typing"
"""What programs import most: once here instead of in every run. Not `random`, which draws a new seed in every fork."""


def move_library(*, has_packages: bool) -> None:
    """Point the interpreter to where its library and packages will lie; done while links can still be followed.

    What the boot line put first on the path, this package, is not to be found inside.
    """
    sys.path[:] = [place(os.path.realpath(path)) for path in sys.path[1:]] + ([PACKAGES] if has_packages else [])
    sys.executable = place(os.path.realpath(sys.executable))
    sys.orig_argv[:] = [sys.executable, harness.FILE_NAME]


def warm_up(modules: list[str]) -> None:
    """Import what programs will import, `modules` among it, and keep it out of their garbage collections."""
    with _quiet():
        for name in [*WARM.split(), *modules]:
            try:
                importlib.import_module(name)
            except ImportError:
                continue  # not installed here: then programs cannot have it either
    site.setquit()  # what the interpreter does where it is not told to leave out `site`
    site.setcopyright()
    site.sethelper()
    sys.set_int_max_str_digits(0)  # answers of 10^5 digits are honest
    threading.stack_size(_THREAD_STACK)
    linux.rehearse()
    harness.rehearse()
    for name in [name for name in sys.modules if name.partition(".")[0] == "distill"]:
        del sys.modules[name]  # nothing imports it from here on, and no program has use for it
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


def open_paths() -> list[int]:
    """The root, and the devices that programs may write to: once here instead of in every run."""
    return [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in ("/", *filter(os.path.exists, DEVICES))]


def run(request: RunRequest, fds: list[int], begun: int, paths: Sequence[int]) -> NoReturn:
    """Isolate this fork, say on `begun` that it is, and hand it to the harness that the request names."""
    try:
        _isolate(request, paths[0], paths[1:])
        if "random" in sys.modules:
            sys.modules["random"].seed()
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


def _isolate(request: RunRequest, root: int, devices: Sequence[int]) -> None:
    linux.unshare(linux.CLONE_NEWNS)
    options = f"size={request.scratch_mb}m,nr_inodes={request.num_files},mode=700"
    linux.mount("scratch", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    os.chdir(SCRATCH)
    _limit(request)
    linux.drop_capabilities()
    if _LANDLOCK:
        scratch = os.open(SCRATCH, os.O_PATH | os.O_CLOEXEC)
        linux.landlock(_LANDLOCK, root, [*devices, scratch])
        os.close(scratch)
    for path in (root, *devices):
        os.close(path)


def cpu_limit(request: RunRequest) -> int:
    """For a process that escapes the zygote's count of all together; by the kernel's coarser count."""
    return int(2 * request.cpu_s) + 2


def _limit(request: RunRequest) -> None:
    _cap(resource.RLIMIT_CPU, cpu_limit(request))
    _cap(resource.RLIMIT_FSIZE, request.output_mb * MIB)
    _cap(resource.RLIMIT_NOFILE, request.num_open_files)
    _cap(resource.RLIMIT_NPROC, request.num_processes)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        _cap(kind, 0)
    if request.address_space_mb is not None:
        _cap(resource.RLIMIT_AS, request.address_space_mb * MIB)


def _cap(kind: int, value: int) -> None:
    resource.setrlimit(kind, (value, value))

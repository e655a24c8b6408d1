"""Build the file system that untrusted programs see: system folders and toolchains, read-only, and nothing else."""

import os
from collections.abc import Iterable

from distill import linux

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/ld.so.cache")
ALTERNATIVES = "/etc/alternatives"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
SCRATCH = "/tmp"  # noqa: S108 - of the sandbox, where it is private
_PASSWD = "sandbox:x:0:0:sandbox:/tmp:/bin/sh\n"


def place(path: str) -> str:
    """Where a path of the machine lies in the sandbox: at itself, unless the scratch folder would hide it."""
    return f"/outside{path}" if path.startswith(SCRATCH + "/") else path


def build_root(extra: Iterable[str]) -> None:
    """Replace the root by a read-only tree that holds the system folders and `extra`, each at its `place`.

    Needs a mount namespace of its own. `/proc` is still the one outside: the kernel lets a user namespace
    mount its own only where one is to be seen. `SCRATCH` is empty; each run mounts its own there.
    """
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    paths = [path for path in (*SYSTEM, ALTERNATIVES, *DEVICES, "/proc", *extra) if os.path.exists(path)]
    # Sources are opened before the new root hides them, since some lie under the place where it is built.
    sources = {path: os.open(path, os.O_PATH) for path in _outermost(paths) if not os.path.islink(path)}
    links = {path: os.readlink(path) for path in paths if os.path.islink(path)}
    linux.mount("root", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=1m")
    for path, source in sources.items():
        _bind(source, path)
    for path, target in links.items():
        os.makedirs(os.path.dirname(SCRATCH + path), exist_ok=True)
        os.symlink(target, SCRATCH + path)
    _furnish()
    linux.mount("none", SCRATCH, flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID)
    linux.pivot_root(SCRATCH)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Leave out what lies inside another of the paths."""
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        if not any(path.startswith(outer.rstrip("/") + "/") for outer in kept if not os.path.islink(outer)):
            kept.append(path)
    return kept


def _bind(source: int, path: str) -> None:
    target = SCRATCH + place(path)
    opened = f"/proc/self/fd/{source}"
    if os.path.isdir(opened):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(opened, target, flags=linux.MS_BIND | linux.MS_REC)
    os.close(source)
    if path not in DEVICES and path != "/proc":
        linux.make_read_only(target)


def _furnish() -> None:
    """What programs expect to find: a scratch folder, shared memory in it, standard streams, a name for the user."""
    os.makedirs(SCRATCH + SCRATCH, exist_ok=True)
    os.makedirs(SCRATCH + "/etc", exist_ok=True)
    for name, target in (("shm", SCRATCH), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
                         ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):  # fmt: skip
        os.symlink(target, f"{SCRATCH}/dev/{name}")
    with open(SCRATCH + "/etc/passwd", "w", encoding="utf-8") as passwd:
        passwd.write(_PASSWD)

"""Build the file system that untrusted programs see: system folders and toolchains, read-only, and nothing else."""

import glob
import os
from collections.abc import Iterable

from distill import linux

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/ld.so.cache")
ALTERNATIVES = "/etc/alternatives"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
SCRATCH = "/tmp"  # noqa: S108 - of the sandbox, where it is private
PACKAGES = "/packages"
"""Where the packages lie that programs may import, besides the standard library."""
_HIDDEN = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib64/python3*/site-packages",
           "local/lib/python3*/dist-packages", "local/lib/python3*/site-packages", "python3*/site-packages",
           "site-packages")  # fmt: skip
"""Installed packages inside the folders that are shown: not what a program was promised."""
_NOTHING = "/nothing"
_PASSWD = "sandbox:x:0:0:sandbox:/tmp:/bin/sh\n"


def place(path: str) -> str:
    """Where a path of the machine lies in the sandbox: at itself, unless the scratch folder would hide it."""
    return f"/outside{path}" if path.startswith(SCRATCH + "/") else path


def build_root(extra: Iterable[str], packages: Iterable[str] = ()) -> None:
    """Replace the root by a read-only tree that holds the system folders, `extra`, each at its `place`, and `packages`.

    Needs a mount namespace of its own. `/proc` is still the one outside: the kernel lets a user namespace
    mount its own only where one is to be seen. `SCRATCH` is empty; each run mounts its own there.
    """
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    paths = [path for path in (*SYSTEM, ALTERNATIVES, *DEVICES, "/proc", *extra) if os.path.exists(path)]
    # Sources are opened before the new root hides them, since some lie under the place where it is built.
    sources = {path: os.open(path, os.O_PATH) for path in _outermost(paths) if not os.path.islink(path)}
    shown = {path: os.open(path, os.O_PATH) for path in packages}
    links = {path: os.readlink(path) for path in paths if os.path.islink(path)}
    found = (found for path in sources for pattern in _HIDDEN for found in glob.glob(os.path.join(path, pattern)))
    hidden = [place(folder) for folder in found if any(os.scandir(folder))]
    linux.mount("root", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=1m")
    for path, source in sources.items():
        _bind(source, place(path), is_read_only=path not in DEVICES and path != "/proc")
    for path, source in shown.items():
        _bind(source, os.path.join(PACKAGES, os.path.basename(path)))
    for path, target in links.items():
        os.makedirs(os.path.dirname(SCRATCH + path), exist_ok=True)
        os.symlink(target, SCRATCH + path)
    _furnish()
    for path in hidden:
        linux.mount(SCRATCH + _NOTHING, SCRATCH + path, flags=linux.MS_BIND)
    linux.mount("none", SCRATCH, flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID)
    linux.pivot_root(SCRATCH)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Leave out what lies inside another of the paths."""
    kept: list[str] = []
    for path in sorted(set(paths), key=len):
        if not any(path.startswith(outer.rstrip("/") + "/") for outer in kept if not os.path.islink(outer)):
            kept.append(path)
    return kept


def _bind(source: int, inside: str, *, is_read_only: bool = True) -> None:
    target, opened = SCRATCH + inside, f"/proc/self/fd/{source}"
    if os.path.isdir(opened):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(opened, target, flags=linux.MS_BIND | linux.MS_REC)
    os.close(source)
    if is_read_only:
        linux.make_read_only(target)


def _furnish() -> None:
    """What programs expect to find: a scratch folder, shared memory in it, standard streams, a name for the user."""
    os.makedirs(SCRATCH + SCRATCH, exist_ok=True)
    os.makedirs(SCRATCH + "/etc", exist_ok=True)
    os.makedirs(SCRATCH + _NOTHING)
    for name, target in (("shm", SCRATCH), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
                         ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):  # fmt: skip
        os.symlink(target, f"{SCRATCH}/dev/{name}")
    with open(SCRATCH + "/etc/passwd", "w", encoding="utf-8") as passwd:
        passwd.write(_PASSWD)

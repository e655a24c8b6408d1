"""The few Linux calls that Python does not offer, by ctypes; each raises OSError as `os` does."""

import ctypes
import os
import platform
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_MNT_DETACH = 2
_SIGKILL = 9
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_BLOCK_WITH_PAGES_OF_ITS_OWN = 128 * 1024
"""glibc's first threshold, in bytes."""
_CAPABILITY_VERSION_3 = 0x20080522

# Numbers from 424 on are the same on every architecture; pivot_root has no wrapper in glibc.
_NR_MOUNT_SETATTR = 442
_NR_LANDLOCK_CREATE, _NR_LANDLOCK_ADD, _NR_LANDLOCK_RESTRICT = 444, 445, 446
_NR_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc_holding_the_lock = ctypes.PyDLL(None)
_no_capabilities = (ctypes.c_uint32 * 6)()
_capability_header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)


class _SockFprog(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


_READ_AND_EXECUTE = 0b1101
_FILE_RIGHTS = 0b111 | 1 << 14 | 1 << 15
"""Of a file, other than of a folder: execute, write, read, truncate, ioctl."""


def give_memory_back() -> None:
    """Have what is freed go back to the system: it is a third of what sampling takes.

    Arrow's own allocator keeps its pages, and glibc those of every block up to the largest that was ever freed; here a
    block has pages of its own from 128 KiB on, glibc's first threshold, and all threads share one arena, since few of
    ours allocate without the interpreter's lock. Call it before pyarrow is imported. Other C libraries are left alone.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_MMAP_THRESHOLD, _BLOCK_WITH_PAGES_OF_ITS_OWN)
        _libc.mallopt(_M_ARENA_MAX, 1)


@contextmanager
def kept_memory() -> Iterator[None]:
    """While the block runs, glibc keeps what is freed, up to half a gigabyte; then all goes back to the system."""
    if not hasattr(_libc, "mallopt"):
        yield
        return
    _libc.mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)  # the most that it takes
    _libc.mallopt(_M_TRIM_THRESHOLD, 2**29)
    try:
        yield
    finally:
        _libc.mallopt(_M_MMAP_THRESHOLD, _BLOCK_WITH_PAGES_OF_ITS_OWN)
        _libc.mallopt(_M_TRIM_THRESHOLD, _BLOCK_WITH_PAGES_OF_ITS_OWN)
        _libc.malloc_trim(0)


def fork() -> int:
    """Fork a process of one thread by the C library alone: half the cost of `os.fork`.

    The interpreter's own hooks (new locks, a fresh seed for `random`) are left out: they mend what other threads held,
    and copy a quarter of a megabyte of memory.
    """
    return _check(_libc_holding_the_lock.fork(), "fork")


def rehearse() -> None:
    """Look up what a fork will call, so that not every fork does."""
    _libc.capset(None, None)
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def _check(result: int, what: str) -> int:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what)
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace that `fd` stands for."""
    _check(_libc.setns(fd, kind), f"setns({kind:#x})")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Attach a file system, or a part of one that is attached already."""
    call = (source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    _check(_libc.mount(*call), f"mount {source} on {target}")


def make_read_only(path: str) -> None:
    """Make a mount and all below it read-only, without setuid programs and devices (Linux 5.12; else only the top)."""
    wanted = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0)
    if _libc.syscall(_NR_MOUNT_SETATTR, _AT_FDCWD, path.encode(), _AT_RECURSIVE, wanted, ctypes.sizeof(wanted)) < 0:
        # A remount must repeat the flags that the mount is locked to; statvfs and mount(2) number these alike.
        kept = os.statvfs(path).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | 0x400 | 0x800)
        mount("none", path, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | kept)


def pivot_root(path: str) -> None:
    """Make `path` the root, and let go of the old one."""
    os.chdir(path)
    _check(_libc.syscall(_NR_PIVOT_ROOT[platform.machine()], b".", b"."), f"pivot_root {path}")
    _check(_libc.umount2(b".", _MNT_DETACH), "umount the old root")
    os.chdir("/")


def die_with_parent() -> None:
    """Ask for SIGKILL when the parent dies. Changing uid clears this, so ask after it."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def own_proc_files() -> None:
    """Take back /proc/self after a change of uid gave its files to root."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def no_new_privileges() -> None:
    """From now on no exec gains anything."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def drop_capabilities() -> None:
    """Give up all capabilities; after `no_new_privileges` none comes back."""
    _check(_libc.capset(_capability_header, _no_capabilities), "capset")


def seccomp(program: bytes) -> None:
    """Filter all further system calls of this thread and its children by a BPF program."""
    filter_ = _SockFprog(len(program) // 8, program)
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0), "prctl(PR_SET_SECCOMP)")


def landlock_version() -> int:
    """The Landlock ABI of this kernel; 0 where there is none."""
    return max(0, int(_libc.syscall(_NR_LANDLOCK_CREATE, None, 0, 1)))


def landlock(version: int, readable: int, writable: Iterable[int]) -> None:
    """Let this thread and its children read and execute under `readable`, and write only what is `writable`.

    All are descriptors of folders, or of single files, opened with O_PATH.
    """
    everything = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    has_net, has_scope = version >= 4, version >= 6
    attributes = (ctypes.c_uint64 * 3)(everything, 3 if has_net else 0, 3 if has_scope else 0)
    size = 8 * (1 + has_net + has_scope)
    ruleset = _check(_libc.syscall(_NR_LANDLOCK_CREATE, attributes, size, 0), "landlock_create_ruleset")
    for path, wanted in ((readable, _READ_AND_EXECUTE), *((path, everything) for path in writable)):
        allowed = wanted if stat.S_ISDIR(os.fstat(path).st_mode) else wanted & _FILE_RIGHTS
        rule = allowed.to_bytes(8, "little") + path.to_bytes(4, "little")
        _check(_libc.syscall(_NR_LANDLOCK_ADD, ruleset, 1, rule, 0), "landlock_add_rule")
    _check(_libc.syscall(_NR_LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)

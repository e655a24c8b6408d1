"""Files in memory that nobody can write to any more: what a program is given, and what is kept for a later one."""

import fcntl
import os

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_MODE = 0o555


def sealed(content: bytes) -> int:
    """A descriptor, for reading and executing only, of a file with this content."""
    writable = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(content)
    while view:
        view = view[os.write(writable, view) :]
    seal(writable)
    os.fchmod(writable, _MODE)
    readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY)
    os.close(writable)
    return readable


def seal(file: int) -> None:
    """Make a file in memory, opened with `MFD_ALLOW_SEALING`, stay as it is."""
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)

"""Sockets that outlive the processes of a run: those that were sent to each other, and that nobody received.

The kernel collects them when it comes to it. Until then they keep what was sent with them: names that are taken, locks,
and memory of the control group, which the next program would meet.
"""

import os
import socket
import time
from pathlib import Path

_COUNTS = "/proc/net/sockstat"
_PATIENCE_S = 2.0
_STEP_S = 0.001


class SocketCount:
    """How many sockets there are in the namespace of the process that makes this, which has none itself."""

    def __init__(self) -> None:
        """Open the kernel's count; where it has none, nothing is known and nothing is waited for."""
        self._file = os.open(_COUNTS, os.O_RDONLY) if Path(_COUNTS).exists() else None

    def close(self) -> None:
        """Close it; what a fork calls."""
        if self._file is not None:
            os.close(self._file)

    def is_none_left(self) -> bool:
        """Have those collected that nobody can receive any more; False where they stay."""
        ends_s = time.monotonic() + _PATIENCE_S
        while self._count():
            if time.monotonic() > ends_s:
                return False
            socket.socket(socket.AF_UNIX).close()  # any that is closed has the kernel look for the others
            time.sleep(_STEP_S)
        return True

    def _count(self) -> int:
        if self._file is None:
            return 0
        first = os.pread(self._file, 64, 0).split(b"\n", 1)[0]  # sockets: used 0
        return int(first.rpartition(b" ")[2])

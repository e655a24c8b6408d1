"""The supervisor's side of the zygote: starting it, and asking it to fork and to kill."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

import distill
from distill.verifiers.math_answer.workers import zygote
from distill.verifiers.math_answer.workers.zygote import MESSAGE

MEMORY_BYTES = 2**30
"""Bytes of address space for each worker."""


def _environment() -> dict[str, str]:
    """Variables by which the zygote finds this package, and takes Python's integers.

    GMP's cannot be interrupted, and abort when they grow too large.
    """
    package = str(Path(distill.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "SYMPY_GROUND_TYPES": "python", "MPMATH_NOGMPY": "1"}


class ZygoteHandle:
    """The process that forks workers, as its parent sees it."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    def start(cls) -> Self:
        """Start one; it answers once it has imported everything."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            code = f"from {zygote.__name__} import main; main({theirs.fileno()}, {MEMORY_BYTES})"
            command = [sys.executable, "-c", code]
            process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, **_environment()}
            )
        return cls(process, ours)

    async def fork(self, connection: socket.socket) -> int | None:
        """A worker's pid; None where the zygote is gone."""
        try:
            socket.send_fds(self._control, [MESSAGE.pack(b"f", 0)], [connection.fileno()])
            reply = b""
            while len(reply) < MESSAGE.size:
                data = await asyncio.get_running_loop().sock_recv(self._control, MESSAGE.size - len(reply))
                if not data:
                    return None
                reply += data
        except OSError:
            return None
        return int(MESSAGE.unpack(reply)[1])

    def kill(self, pid: int) -> None:
        """Kill and reap a worker; a zygote that is gone took its workers along."""
        try:
            self._control.send(MESSAGE.pack(b"k", pid))
        except OSError:
            return

    def close(self) -> None:
        """End it and all its workers, and wait until they are gone."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

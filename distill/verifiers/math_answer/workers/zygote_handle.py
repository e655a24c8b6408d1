"""The supervisor's side of the zygote: starting it, and asking it to fork and to kill."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Self

import distill
from distill.verifiers.math_answer.workers import zygote
from distill.verifiers.math_answer.workers.zygote import MESSAGE, WorkerLimits


def _environment() -> dict[str, str]:
    """Variables by which the zygote finds this package, and takes Python's integers.

    GMP's cannot be interrupted, and abort when they grow too large.
    """
    package = str(Path(distill.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "SYMPY_GROUND_TYPES": "python", "MPMATH_NOGMPY": "1"}


class ZygoteHandle:
    """The process that forks workers, as its parent sees it. What it prints is kept, to tell why it ended."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, printed: IO[bytes]) -> None:
        self._process = process
        self._control = control
        self._printed = printed
        self._asking = asyncio.Lock()

    @classmethod
    def start(cls, limits: WorkerLimits) -> Self:
        """Start one; it answers once it has imported everything.

        It does not look for modules in the folder that the command was started in (`-P`): a file `random.py` there is
        the user's own.

        Raises:
            OSError: The machine has no room for another process.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        printed = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the zygote
        with theirs:
            code = f"from {zygote.__name__} import main; main({theirs.fileno()}, {tuple(limits)})"
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=printed,
                env={**os.environ, **_environment()},
            )
        return cls(process, ours, printed)

    async def fork(self, connection: socket.socket) -> int | None:
        """A worker's pid; None where the zygote is gone."""
        return await self._ask(b"f", 0, [connection.fileno()])

    async def end(self, pid: int) -> int | None:
        """Kill and reap a worker; the status it ended with. None where the zygote is gone, and its workers with it."""
        return await self._ask(b"k", pid, [])

    async def _ask(self, command: bytes, pid: int, descriptors: list[int]) -> int | None:
        async with self._asking:
            reply = b""
            try:
                socket.send_fds(self._control, [MESSAGE.pack(command, pid)], descriptors)
                while len(reply) < MESSAGE.size:
                    data = await asyncio.get_running_loop().sock_recv(self._control, MESSAGE.size - len(reply))
                    if not data:
                        return None
                    reply += data
            except OSError:
                return None
            return int(MESSAGE.unpack(reply)[1])

    def close(self) -> str:
        """End it and all its workers, and wait until they are gone; what it said last."""
        self._control.close()
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        with self._printed as printed:
            printed.seek(0)
            lines = printed.read().decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
        return f"status {status}: {last.strip()}"

"""Worker processes, one task each at a time, replaced when they die."""

import asyncio
import json
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import distill
from distill.errors import SandboxError
from distill.sandbox.cell.cgroup import sweep
from distill.sandbox.task import Task, TaskDecision, dump_task, load_decision

ATTEMPTS = 3
"""How many workers may die over one task before we give up on it."""
_PACKAGE_ROOT = str(Path(distill.__file__).parents[1])
_BOOT = (
    "import sys; sys.path.insert(0, {root!r}); "
    "from distill.sandbox.supervisor.worker import main; main({fd}, {folders!r})"
)
_LENGTH = struct.Struct("<Q")
_START_S = 60.0


class _Process(NamedTuple):
    process: subprocess.Popen[bytes]
    socket: socket.socket


class WorkerPool:
    """Worker processes for one event loop.

    `isolation` says what walls are up, and `slowness` how many times slower than the reference machine this one is.
    SandboxError where this machine allows no isolation: programs never run without walls.
    """

    def __init__(self, num_workers: int) -> None:
        sweep()
        self._processes = {slot: _start() for slot in range(num_workers)}
        self._free: asyncio.LifoQueue[int] = asyncio.LifoQueue()
        self._to_greet = set(self._processes)
        for slot in self._processes:
            self._free.put_nowait(slot)
        self.isolation, self.slowness = self._greet(0)

    async def decide(self, task: Task) -> TaskDecision:
        """Have a worker decide."""
        slot = await self._free.get()
        try:
            return await self._decide_in(slot, task)
        finally:
            self._free.put_nowait(slot)

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        processes, self._processes = self._processes, {}
        for _, connection in processes.values():
            connection.close()
        for process, _ in processes.values():
            await asyncio.to_thread(_end, process)

    async def _decide_in(self, slot: int, task: Task) -> TaskDecision:
        request = dump_task(task)
        why = ""
        for _ in range(ATTEMPTS):
            try:
                reply = json.loads(await self._ask(slot, request))
            except (ConnectionError, EOFError):
                reply = {"error": "the worker died"}
            except asyncio.CancelledError:
                self._replace(slot)  # or its answer would be taken for the next program's
                raise
            if "error" not in reply:
                return load_decision(reply)
            why = reply["error"]
            self._replace(slot)
        return TaskDecision("abstain", f"sandbox error: {why} ({ATTEMPTS} times over this program)")

    async def _ask(self, slot: int, request: bytes) -> bytes:
        if slot not in self._processes:
            raise ConnectionError("the pool is closed")
        loop, connection = asyncio.get_running_loop(), self._processes[slot].socket
        if slot in self._to_greet:
            await _receive(loop, connection)
            self._to_greet.discard(slot)
        await loop.sock_sendall(connection, _LENGTH.pack(len(request)) + request)
        return await _receive(loop, connection)

    def _replace(self, slot: int) -> None:
        if slot not in self._processes:
            return  # the pool was closed meanwhile
        process, connection = self._processes[slot]
        connection.close()
        _kill(process)
        self._processes[slot] = _start()
        self._to_greet.add(slot)

    def _greet(self, slot: int) -> tuple[tuple[str, ...], float]:
        """Wait, blocking, for the first worker to come up."""
        process, connection = self._processes[slot]
        connection.settimeout(_START_S)
        try:
            header = connection.recv(_LENGTH.size, socket.MSG_WAITALL)
            (count,) = _LENGTH.unpack(header)
            message = json.loads(connection.recv(count, socket.MSG_WAITALL))
        except (OSError, struct.error) as error:
            _end(process)
            raise SandboxError("the sandbox's worker process died while it started; run again to see why.") from error
        finally:
            connection.setblocking(False)
        if "error" in message:
            for started, _ in self._processes.values():
                _end(started)
            raise SandboxError(message["error"])
        self._to_greet.discard(slot)
        return tuple(message["isolation"]), message["slowness"]


def _start() -> _Process:
    ours, theirs = socket.socketpair()
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    boot = _BOOT.format(root=_PACKAGE_ROOT, fd=theirs.fileno(), folders=folders)
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", boot]
    # A group of its own: Ctrl-C in a terminal is for the command, which ends its workers.
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, process_group=0)
    theirs.close()
    ours.setblocking(False)
    return _Process(process, ours)


def _end(process: subprocess.Popen[bytes]) -> None:
    """A worker whose socket closed ends by itself and tidies up; one that is busy is killed, and its cells with it."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.2)
        return
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker, and give back the control groups that it cannot give back any more."""
    process.kill()
    process.wait()
    sweep()


async def _receive(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    (count,) = _LENGTH.unpack(await _receive_exactly(loop, connection, _LENGTH.size))
    return await _receive_exactly(loop, connection, count)


async def _receive_exactly(loop: asyncio.AbstractEventLoop, connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = await loop.sock_recv(connection, count - len(data))
        if not part:
            raise EOFError("the worker is gone")
        data += part
    return data

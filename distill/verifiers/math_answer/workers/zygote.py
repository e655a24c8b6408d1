"""The process that workers are forked from: small, single-threaded, with everything imported.

It is started by exec, so forking is safe whatever threads the caller has. It owns the workers' process ids until it has
reaped them, so a kill never hits another process. It ends, with all workers, when its descriptor is closed.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import struct
import sys
from typing import NamedTuple

from distill import linux

MESSAGE = struct.Struct("<ci")
"""`f`: fork a worker on the attached descriptor, answered with its pid. `k`: kill and reap that pid, answered with the
status that it ended with, as `os.waitstatus_to_exitcode` has it: one that had ended by itself keeps its own."""


class WorkerLimits(NamedTuple):
    """What a worker may take."""

    memory_bytes: int
    """Of address space."""
    time_limit_s: float
    """Of CPU time, for each decision."""


def main(descriptor: int, limits: tuple[int, float]) -> None:
    """Fork and kill on command until the other side is gone."""
    from distill.verifiers.math_answer.workers import symbolic

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=descriptor)
    symbolic.warm()
    gc.collect()
    gc.freeze()
    workers: set[int] = set()
    with contextlib.suppress(ConnectionError):
        while _obey(control, workers, WorkerLimits(*limits)):
            pass
    for pid in tuple(workers):
        _end(pid, workers)


def _obey(control: socket.socket, workers: set[int], limits: WorkerLimits) -> bool:
    """Do what the next message says; False where there will be none."""
    from distill.verifiers.math_answer.workers import worker as work

    data, descriptors, _, _ = socket.recv_fds(control, MESSAGE.size, 1)
    if len(data) < MESSAGE.size:
        return False
    command, pid = MESSAGE.unpack(data)
    if command == b"k":
        control.sendall(MESSAGE.pack(b"k", _end(pid, workers)))
        return True
    connection = socket.socket(fileno=descriptors[0])
    pid = os.fork()
    if pid == 0:
        control.close()
        _confine(limits.memory_bytes)
        work.serve(connection, limits.time_limit_s)
        os._exit(0)
    connection.close()
    workers.add(pid)
    control.sendall(MESSAGE.pack(b"f", pid))
    return True


def _end(pid: int, workers: set[int]) -> int:
    workers.discard(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _confine(memory_bytes: int) -> None:
    """Cap a worker's memory and tie its life to ours."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        linux.die_with_parent()

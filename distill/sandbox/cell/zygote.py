"""The process that untrusted programs are forked from: small, warm, alone in its namespaces.

Run as a script by `cell.Cell`, with the interpreter's `-I -S`. It never holds a program, an input or an expected
output: those cross as file descriptors that it only hands on, so nothing of an earlier run lies in the
memory that a later one inherits.

It says `ready` with what isolation it got, then serves one request after the other: fork into
a new pid namespace, wait for the end or the limit, kill what is left, report.
"""

import json
import marshal
import os
import resource
import select
import signal
import socket
import threading
import time
from typing import TypedDict

from distill import linux
from distill.sandbox.cell import child
from distill.sandbox.cell.in_flight import SocketCount
from distill.sandbox.cell.root import SCRATCH, build_root
from distill.sandbox.cell.seccomp import seccomp_filter
from distill.sandbox.cell.usage import BusyTime, exceeds
from distill.sandbox.limits import MIB, RunRequest

NAMESPACES = (
    linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
)  # fmt: skip
MAX_FDS = 250
"""The kernel passes at most 253 at once."""
_PATIENCE = 10
"""A run that neither ran nor idled is given up after this many times its limit: the machine had no CPU for it."""
_WATCH_S = 0.02
_KIB_PER_MIB = 1024
_EXECUTING = frozenset({"execute", "build"})
"""Modes where what counts is another program, and none of our memory is its own."""
_LEAST_WAIT_S = 0.01
_LONGEST_WAIT_S = 3600.0


class ZygoteSettings(TypedDict):
    """What a zygote is told when it starts, over its socket: a command line could be read by every program."""

    root: str
    """The folder that this package is imported from."""
    binds: list[str]
    packages: list[str]
    warm: list[str]
    outer_id: int | None


def main(control: socket.socket, settings: ZygoteSettings) -> None:
    """Enter the namespaces, then serve; ends when the control socket closes."""
    linux.die_with_parent()
    child.move_library(has_packages=bool(settings["packages"]))
    try:
        _isolate(settings)
    except OSError as error:
        control.send(json.dumps({"error": f"{error.strerror} ({error.filename})"}).encode())
        return
    pid = os.fork()
    if pid:
        control.close()
        os.waitpid(pid, 0)
        return
    linux.die_with_parent()
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    if settings["warm"]:  # some modules keep files from when they are imported; each run hides these behind its own
        linux.mount("warm", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=700,size=16m")
    child.warm_up([*(["numpy"] if settings["packages"] else []), *settings["warm"]])
    linux.no_new_privileges()
    linux.seccomp(seccomp_filter())
    control.send(json.dumps({"ready": child.walls(), "own_mb": _own_mb()}).encode())
    serve(control)


def _own_mb() -> int:
    """Memory of what is warm, which shares the control group with the program."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return next((int(line.split()[1]) // 1024 for line in file if line.startswith("RssAnon:")), 0)


def _isolate(settings: ZygoteSettings) -> None:
    """New namespaces around a new root.

    Root builds the tree with its own rights, since it may lie in folders that only root enters, and then
    becomes an id of its own that owns nothing; others enter their user namespace first, to have any rights.
    """
    outer_id = settings["outer_id"]
    if outer_id is None:
        _enter_user_namespace(os.geteuid(), os.getegid())
    linux.unshare(linux.CLONE_NEWNS)
    build_root(settings["binds"], settings["packages"])
    if outer_id is not None:
        _enter_user_namespace_as(outer_id)
    linux.unshare(NAMESPACES)


def _enter_user_namespace(uid: int, gid: int) -> None:
    linux.unshare(linux.CLONE_NEWUSER)
    _map_ids("self", uid, gid)


def _enter_user_namespace_as(outer_id: int) -> None:
    """Become `outer_id`: the map must be written from outside, by a fork that stays root."""
    entered_read, entered_write = os.pipe()
    parent = os.getpid()
    mapper = os.fork()
    if mapper == 0:
        os.close(entered_write)
        os.read(entered_read, 1)
        _map_ids(str(parent), outer_id, outer_id)
        os._exit(0)
    linux.unshare(linux.CLONE_NEWUSER)
    os.close(entered_write)
    os.close(entered_read)
    os.waitpid(mapper, 0)
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    linux.own_proc_files()
    linux.die_with_parent()


def _map_ids(pid: str, uid: int, gid: int) -> None:
    if os.geteuid() != 0 or pid == "self":
        _write(f"/proc/{pid}/setgroups", "deny")
    _write(f"/proc/{pid}/uid_map", f"0 {uid} 1")
    _write(f"/proc/{pid}/gid_map", f"0 {gid} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def serve(control: socket.socket) -> None:
    """Answer requests until the socket closes, or a run has left something behind."""
    own_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
    rank = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    begun_read, begun_write = os.pipe2(os.O_NONBLOCK)
    private, paths, sockets = (control.fileno(), own_namespace, rank, begun_read), child.open_paths(), SocketCount()
    while True:
        request, fds, _, _ = socket.recv_fds(control, 4096, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        if not request:
            return
        linux.setns(own_namespace, linux.CLONE_NEWPID)  # else a second unshare is refused
        linux.unshare(linux.CLONE_NEWPID)
        asked, started = RunRequest(*marshal.loads(request)), time.monotonic()  # noqa: S302 - of our cell
        os.pwrite(rank, b"1000", 0)  # inherited: when memory runs out, the kernel ends the program first
        pid = linux.fork() if threading.active_count() == 1 else os.fork()
        if pid == 0:
            for fd in private:
                os.close(fd)
            sockets.close()
            child.run(asked, fds, begun_write, paths)
        os.pwrite(rank, b"0", 0)
        for fd in fds:
            os.close(fd)
        report = _watch(pid, started, asked)
        is_clean = sockets.is_none_left()
        control.send(json.dumps({**report, "has_begun": _is_set(begun_read)}).encode())
        if not is_clean:
            return  # the next one begins with namespaces of its own


def _is_set(pipe: int) -> bool:
    """Whether the child said that its walls are up; only it could, and the program cannot take it back."""
    try:
        return bool(os.read(pipe, 1))
    except BlockingIOError:
        return False


def _watch(pid: int, started: float, request: RunRequest) -> dict[str, object]:
    """Supervise a child, and report how it ended."""
    busy = BusyTime()
    ending = _supervise(pid, started, request, busy)
    _, own_limit_s = resource.prlimit(pid, resource.RLIMIT_CPU)
    _, status, spent = os.wait4(pid, 0)
    # Of processes that nobody had waited for when they were ended, only the last look knows.
    cpu_s, exit_status = max(spent.ru_utime + spent.ru_stime, busy.cpu_s), os.waitstatus_to_exitcode(status)
    # A program that lowered its own limit of CPU time is ended by the kernel, whose count is coarser than this one.
    has_limited_itself = own_limit_s < child.cpu_limit(request) and exit_status == -signal.SIGKILL
    if ending == "exited" and (cpu_s > request.cpu_s or (has_limited_itself and cpu_s > own_limit_s / 2)):
        ending = "time"
    if ending == "exited" and _has_exceeded(spent.ru_maxrss, request):
        ending = "memory"
    return {"ending": ending, "status": exit_status, "cpu_s": cpu_s, "wall_s": time.monotonic() - started}


def _has_exceeded(most_kib: int, request: RunRequest) -> bool:
    """Whether one process once had more memory than all may have, where nothing stopped it; a fork begins with ours.

    A watch sees no brief peak, and a group may keep pages of files and outputs besides.
    """
    own_kib = 0 if request.mode in _EXECUTING else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most_kib > request.memory_mb * _KIB_PER_MIB + own_kib


def _supervise(pid: int, started: float, request: RunRequest, busy: BusyTime) -> str:
    """Wait for the end of the child, or end it: how it ended."""
    pidfd = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    wait_s, ending = min(request.cpu_s, request.idle_s), ""
    try:
        while not ending:
            step_s = min(wait_s, _WATCH_S) if request.is_watched else wait_s
            if poller.poll(1000 * min(step_s, _LONGEST_WAIT_S)):
                return "exited"
            if request.is_watched and exceeds(request.memory_mb * MIB):
                ending = "memory"
            wait_s -= step_s
            if wait_s <= 0:
                wait_s, ending = _time_left(time.monotonic() - started, request, busy)
    finally:
        os.close(pidfd)
    os.kill(pid, signal.SIGKILL)  # it is the init of its namespace: the kernel ends all that it started
    return ending


def _time_left(wall_s: float, request: RunRequest, busy: BusyTime) -> tuple[float, str]:
    """How long to wait until the run can have used up its time, on one CPU; and how it ended, if it has."""
    busy.look(wall_s)
    left_s = min(request.cpu_s - busy.cpu_s, request.idle_s - busy.idle_s)
    if left_s < 0:
        return 0.0, "time"
    if wall_s > _PATIENCE * max(request.cpu_s, request.idle_s):
        return 0.0, "lost"  # it waited for a CPU all the time, and nothing is known
    return max(left_s, _LEAST_WAIT_S), ""

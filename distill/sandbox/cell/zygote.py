"""The process that untrusted programs are forked from: small, warm, alone in its namespaces.

Run as a script by `cell.Cell`, with the interpreter's `-I -S`. It never holds a program, an input or an expected
output: those cross as file descriptors that it only hands on, so nothing of an earlier run lies in the
memory that a later one inherits.

It says `ready` with what isolation it got, then serves one request after the other: fork into
a new pid namespace, wait for the end or the deadline, kill what is left, report.
"""

import json
import os
import resource
import select
import signal
import socket
import sys
import time

from distill import linux
from distill.sandbox.cell import child
from distill.sandbox.cell.root import SCRATCH, build_root
from distill.sandbox.limits import MIB, RunRequest

NAMESPACES = (
    linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
)  # fmt: skip
MAX_FDS = 250
"""The kernel passes at most 253 at once."""
_PATIENCE = 3
"""A starved program is killed at the latest after this many times its limit."""
_WATCH_S = 0.02
_LONGEST_WAIT_S = 3600.0


def main(control_fd: int, settings: str) -> None:
    """Enter the namespaces, then serve; ends when the control socket closes."""
    linux.die_with_parent()
    control = socket.socket(fileno=control_fd)
    wanted = json.loads(settings)
    child.move_library(wanted["packages"])
    try:
        _isolate(wanted["binds"], wanted["outer_id"])
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
    if wanted["warm"]:  # some modules keep files from when they are imported; each run hides these behind its own
        linux.mount("warm", SCRATCH, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=700,size=16m")
    child.warm_up([*(["numpy"] if wanted["packages"] else []), *wanted["warm"]])
    control.send(json.dumps({"ready": child.walls()}).encode())
    serve(control)


def _isolate(binds: list[str], outer_id: int | None) -> None:
    """New namespaces around a new root.

    Root builds the tree with its own rights, since it may lie in folders that only root enters, and then
    becomes an id of its own that owns nothing; others enter their user namespace first, to have any rights.
    """
    if outer_id is None:
        _enter_user_namespace(os.geteuid(), os.getegid())
    linux.unshare(linux.CLONE_NEWNS)
    build_root(binds)
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
    """Answer requests until the socket closes."""
    own_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
    begun_read, begun_write = os.pipe2(os.O_NONBLOCK)
    private = (control.fileno(), own_namespace, begun_read)
    while True:
        request, fds, _, _ = socket.recv_fds(control, 4096, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        if not request:
            return
        linux.setns(own_namespace, linux.CLONE_NEWPID)  # else a second unshare is refused
        linux.unshare(linux.CLONE_NEWPID)
        report = run(RunRequest(**json.loads(request)), fds, private, begun_write)
        control.send(json.dumps({**report, "has_begun": _is_set(begun_read)}).encode())


def _is_set(pipe: int) -> bool:
    """Whether the child said that its walls are up; only it could, and the program cannot take it back."""
    try:
        return bool(os.read(pipe, 1))
    except BlockingIOError:
        return False


def run(request: RunRequest, fds: list[int], private: tuple[int, ...], begun: int) -> dict[str, object]:
    """Fork a child for the request, supervise it, and report how it ended."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        for fd in private:
            os.close(fd)
        child.run(request, fds, begun)
    for fd in fds:
        os.close(fd)
    ending, starved = _supervise(pid, started, request)
    _, status, usage = os.wait4(pid, 0)
    return {
        "ending": ending,
        "status": os.waitstatus_to_exitcode(status),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.monotonic() - started,
        "starved_s": starved,
    }


def _supervise(pid: int, started: float, request: RunRequest) -> tuple[str, float]:
    """Wait for the end of the child, or end it: (how, seconds for which it was starved of CPU)."""
    wall, watched = request.wall_s, request.watched_mb
    pidfd = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    starved, ending = 0.0, "exited"
    try:
        while ending == "exited":
            left = min(started + wall + starved - time.monotonic(), _LONGEST_WAIT_S)
            if poller.poll(1000 * max(0.001, min(left, _WATCH_S) if watched else left)):
                break
            if watched and _resident_bytes() > watched * MIB:
                ending = "memory"
            if time.monotonic() >= started + wall + starved:
                starved = min(_waited_for_cpu(pid, wall), wall * (_PATIENCE - 1))
                if time.monotonic() >= started + wall + starved:
                    ending = "time"
    finally:
        os.close(pidfd)
    if ending != "exited":
        os.kill(pid, signal.SIGKILL)  # it is the init of its namespace: the kernel ends all that it started
    return ending, starved


def _waited_for_cpu(pid: int, wall: float) -> float:
    """Seconds for which the program was ready to run and had no CPU, as the kernel counts them.

    0 where it waited for itself alone: it has further processes, or its threads had more CPU than the limit.
    """
    if any(name.isdigit() and name not in {"1", str(pid)} for name in os.listdir("/proc")):
        return 0.0
    ran, waited = 0.0, 0.0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                on_cpu, in_queue, _ = file.read().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile, or this kernel does not count
        ran += int(on_cpu) / 1e9
        waited = max(waited, int(in_queue) / 1e9)
    return waited if ran < wall else 0.0


def _resident_bytes() -> int:
    """Memory of everything that was forked from here, where no cgroup keeps the sum."""
    pages = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            try:
                with open(f"/proc/{name}/statm", encoding="ascii") as file:
                    pages += int(file.read().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

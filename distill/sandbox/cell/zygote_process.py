"""The zygote as its cell sees it: started, asked over a socket, ended."""

import json
import marshal
import os
import resource
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import distill
from distill.errors import SandboxError
from distill.sandbox.cell.cgroup import ControlGroup
from distill.sandbox.limits import RunRequest

Report = dict[str, float | str | bool]
"""What a zygote says of a run that has ended."""

_BOOT = (
    "import json, socket, sys; control = socket.socket(fileno={fd}); settings = json.loads(control.recv(1 << 20)); "
    "sys.path.insert(0, settings['root']); from distill.sandbox.cell.zygote import main; main(control, settings)"
)
_LAST_ID, _NUM_SPARE = 1_500_000_000, 10_000
"""Ids of cells made by root: far from those that systems give to users."""
_STACK = 1 << 30
_START_S = 30
_START_ATTEMPTS = 3
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - of the sandbox
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LD_BIND_NOW": "1",  # once here instead of in every fork
    "OMP_NUM_THREADS": "1",
    "ONLINE_JUDGE": "1",  # as Codeforces, AtCoder and DMOJ set it
    "OPENBLAS_NUM_THREADS": "1",
}


class ZygoteProcess:
    """One zygote that has come up, or is about to."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    def first_message(self) -> dict[str, object]:
        """Its first message: `ready` with its walls, or the `error` that stopped it; empty if it died first."""
        self._control.settimeout(_START_S)
        with suppress(OSError, ValueError):
            return dict(json.loads(self._control.recv(1 << 16)))
        return {}

    def ask(self, request: RunRequest, files: Sequence[int]) -> bool:
        """Ask for a run; False if the zygote is gone."""
        try:
            socket.send_fds(self._control, [marshal.dumps(tuple(request))], files)
        except OSError:
            return False
        return True

    def report(self, timeout_s: float) -> Report | None:
        """How the run ended; None if the zygote died, or said nothing in time."""
        self._control.settimeout(timeout_s)
        try:
            message = self._control.recv(4096)
        except OSError:
            return None
        report: Report | None = json.loads(message) if message else None
        return report

    def close(self) -> None:
        """End it, and with it all that it started."""
        self._control.close()
        self._process.kill()
        self._process.wait()


class ZygoteStarter:
    """Starts the zygotes of one cell, one after another."""

    def __init__(
        self, binds: Sequence[str], packages: Sequence[str], warm: Sequence[str], group: ControlGroup | None
    ) -> None:
        """Zygotes see the system folders, `binds` and `packages`, have imported what is `warm`, and live in `group`."""
        self._packages = list(packages)
        self._binds = [*_interpreter_folders(), *binds]
        self._warm = list(warm)
        self._group = group
        self._outer_id = _spare_id()
        self.isolation: tuple[str, ...] = ()
        """The walls of the zygotes that were started, each in a few words."""
        self.own_mb = 0
        """What such a zygote keeps in memory."""

    def start(self) -> ZygoteProcess:
        """Start a zygote; another if it was killed before it could answer.

        SandboxError where this machine allows no isolation.
        """
        for _ in range(_START_ATTEMPTS):
            zygote = self._spawn()
            message = zygote.first_message()
            if "ready" in message:
                self.isolation, self.own_mb = self._walls(message["ready"]), int(str(message["own_mb"]))
                return zygote
            zygote.close()
            if "error" in message:
                if self._outer_id is None:
                    raise SandboxError(_refusal(str(message["error"])))
                self._outer_id = None  # root in name only, as in a container: try what ordinary users may
        raise SandboxError(_refusal("the zygote died while it started"))

    def _spawn(self) -> ZygoteProcess:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "root": str(Path(distill.__file__).parents[1]),
            "binds": self._binds,
            "packages": self._packages,
            "warm": self._warm,
            "outer_id": self._outer_id,
        }
        python = os.path.realpath(sys.executable)  # a virtual environment's own name for it is seen from inside
        command = [python, "-I", "-S", "-X", "utf8", "-c", _BOOT.format(fd=theirs.fileno())]
        _, hard = resource.getrlimit(resource.RLIMIT_STACK)
        stack = _STACK if hard == resource.RLIM_INFINITY else min(_STACK, hard)
        resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))  # how far a stack can grow is fixed at exec
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=_ENVIRONMENT
        )
        theirs.close()
        with suppress(OSError):  # it has died: its first message will not come
            ours.send(json.dumps(settings).encode())
        if self._group:
            with suppress(ProcessLookupError):
                self._group.add(process.pid)
        return ZygoteProcess(process, ours)

    def _walls(self, inner: object) -> tuple[str, ...]:
        group = self._group.version if self._group else "memory watch"
        rights = "rootless" if self._outer_id is None else "root, as an id of its own"
        own = map(str, inner) if isinstance(inner, list) else ()
        return ("namespaces user pid mnt net ipc uts", *own, group, rights)


def _spare_id() -> int | None:
    """An unused id for root to run programs as; None where we are not root, or have no ids to spare."""
    if os.geteuid() != 0:
        return None
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda found: found[2])
    if count < 2 * _NUM_SPARE:
        return None
    return min(first + count, _LAST_ID) - 1 - os.getpid() % _NUM_SPARE


def _interpreter_folders() -> list[str]:
    """The standard library and the interpreter, not those of a virtual environment."""
    paths = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})
    folders = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("LIBDIR") or "", sys.executable]
    return sorted({os.path.realpath(folder) for folder in folders if folder})


def _refusal(seen: str) -> str:
    return (
        f"this machine does not let untrusted programs be isolated: {seen}. Allow user namespaces "
        "(sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns; in a container: --security-opt seccomp=unconfined or "
        "--privileged), or choose another sandbox: --sandbox wasi, --sandbox sandboxfusion:URL, --sandbox piston:URL."
    )

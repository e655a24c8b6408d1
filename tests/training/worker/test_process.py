"""How a training process ends, shown with an object that never lets itself be freed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.tiny import is_gone

HEAD = """
import sys, time
from distill.training.worker import process

class Stuck:
    def __del__(self):
        time.sleep(1000)

def trained():
    return Stuck()

def failing():
    kept = Stuck()
    raise ValueError("out of memory")
"""


def run(what: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", f"{HEAD}\n{what}"], check=False, capture_output=True, text=True, timeout=60
    )


def test_a_process_ends_without_freeing_what_it_trained() -> None:
    assert run("process.run(trained)").returncode == 0


def test_a_process_that_fails_tells_why_and_ends_as_well() -> None:
    done = run("process.run(failing)")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: out of memory\n")


def test_what_others_do_at_exit_is_done() -> None:
    done = run("import atexit; atexit.register(print, 'sent'); print('trained', end=' '); process.run(trained)")
    assert done.stdout == "trained sent\n"


WORKER = f"""{HEAD}
import os
from pathlib import Path

def sleeping():
    Path("worker").write_text(str(os.getpid()))
    time.sleep(1000)

process.run(sleeping)
"""
# As torch's elastic agent starts its workers: in sessions of their own, which no signal to a group reaches.
LAUNCHER = """
import os, subprocess, sys
from pathlib import Path

Path("launcher").write_text(str(os.getpid()))
subprocess.run([sys.executable, "worker.py"], start_new_session=True)
"""
FOLLOWER = """
import sys
from pathlib import Path
from distill.training.machine.launch import follow

follow([sys.executable, "launcher.py"], Path(), print)
"""


@pytest.mark.parametrize("victim", ["launcher", "follower"])
def test_no_worker_outlives_what_started_it(tmp_path: Path, victim: str) -> None:
    (tmp_path / "worker.py").write_text(WORKER)
    (tmp_path / "launcher.py").write_text(LAUNCHER)
    follower = subprocess.Popen([sys.executable, "-c", FOLLOWER], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    pids = [pid_in(tmp_path / name) for name in ("launcher", "worker")]
    os.kill(pids[0] if victim == "launcher" else follower.pid, signal.SIGKILL)
    told = follower.communicate(timeout=60)[1]
    assert ("exit code -9" in told) is (victim == "launcher")
    assert all(map(is_gone, pids))


def pid_in(file: Path) -> int:
    for _ in range(600):
        if file.is_file() and (text := file.read_text()):
            return int(text)
        time.sleep(0.1)
    raise AssertionError(f"{file.name} did not start")


def test_memory_that_is_given_back_is_not_faulted_in_again() -> None:
    used = """
import ctypes, resource
process.keep_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]

def touch():
    before, size = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, 256 << 20
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

first, again = touch(), touch()
print(first, again)
"""
    first, again = map(int, run(used).stdout.split())
    assert again < first / 50

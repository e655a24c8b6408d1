"""As root and as an ordinary user, with and without what the kernel may lack."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from distill import linux
from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Ending, Limits

ROOT = Path(__file__).parents[2]
LIMITS = Limits(cpu_s=10, memory_mb=128)
NOBODY = 65534


def as_nobody(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as an ordinary user, with a Python that this user can reach."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root, to become somebody else")
    packages = sysconfig.get_paths()["purelib"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    environment = {
        "PYTHONPATH": f"{ROOT}:{packages}",
        "PYTHONUTF8": "1",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    probe = "import subprocess, sys, distill, pydantic; subprocess.run([sys.executable, '-c', ''], check=True)"
    for python in (sys.executable, f"/usr/bin/{version}"):
        tried = subprocess.run([*drop, python, "-c", probe], env=environment, capture_output=True, check=False)
        if tried.returncode == 0:
            return subprocess.run(
                [*drop, python, "-c", code], env=environment, capture_output=True, text=True, check=False
            )
    pytest.skip("needs a Python, and these packages, that the user nobody may read")


def test_an_ordinary_user_isolates_as_well() -> None:
    done = as_nobody(
        '''
import asyncio
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import SUM, on_inputs

async def main():
    verifier = UnitTests()
    print(verifier.describe())
    tests = on_inputs(("1\\n2\\n", "3\\n"), time_limit_s=2, memory_mb=64)
    bomb = """import os
for _ in range(20):
    if os.fork() == 0:
        x = bytearray(60 << 20)
        while True: pass
os.wait()"""
    call = "import socket\\nsocket.create_connection(('127.0.0.1', 1))"
    for program in (SUM, "print(4)", "open('/etc/hosts')", bomb, call):
        print((await verifier.verify(tests, program)).reason)
    await verifier.close()

asyncio.run(main())
'''
    )
    assert "rootless" in done.stdout, done.stderr
    reasons = done.stdout.splitlines()[1:]
    assert reasons[0] == "passed the only test"
    assert reasons[1].startswith("test 1: wrong answer")
    assert "FileNotFoundError" in reasons[2]
    assert reasons[3].startswith(("test 1: memory limit", "test 1: time limit"))
    assert "PermissionError" in reasons[4]


def test_root_runs_programs_as_nobody_it_knows() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    made = Cell()
    program = b"import os\nprint(open('/proc/self/uid_map').read().split()[1], os.getuid())"
    run = made.run(CellWork("script", program, LIMITS, [b""]))
    made.remove()
    outer, inner = map(int, run.stdout.split())
    assert outer > 10**9
    assert inner == 0, "of a namespace where it may do nothing"


def test_where_namespaces_are_forbidden_it_refuses_and_says_what_is_missing() -> None:
    code = """
import os
from pathlib import Path
from distill.errors import SandboxError
from distill import linux
from distill.verifiers.unit_tests.verifier import UnitTests

linux.unshare(linux.CLONE_NEWUSER)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
try:
    UnitTests()
except SandboxError as error:
    print(error)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    if "max_user_namespaces" in done.stderr:
        pytest.skip("needs a user namespace to forbid others in")
    assert "unshare" in done.stdout, done.stderr
    assert "--sandbox wasi" in done.stdout


def test_where_landlock_is_missing_the_walls_say_so() -> None:
    made = Cell()
    made.remove()
    has_landlock = any(wall.startswith("landlock") for wall in made.isolation)
    assert has_landlock == (linux.landlock_version() > 0)


def test_a_broken_zygote_is_replaced_and_the_run_counts_as_lost() -> None:
    made = Cell()
    work = CellWork("script", b"print(1)", LIMITS, [b""])
    assert made.run(work).stdout == b"1\n"
    assert made._zygote is not None
    made._zygote._process.kill()
    made._zygote._process.wait()
    assert made.run(work).ending is Ending.LOST
    assert made.run(work).stdout == b"1\n"
    made.remove()


def test_runs_share_nothing() -> None:
    made = Cell()
    made.run(CellWork("script", b"open('/tmp/x', 'w').write('1'); import math; math.pi = 3", LIMITS, [b""]))
    seen = made.run(CellWork("script", b"import math, os; print(os.listdir('/tmp'), math.pi > 3.1)", LIMITS, [b""]))
    made.remove()
    assert seen.stdout == b"['main.py'] True\n"


def test_memory_of_all_processes_together_is_limited() -> None:
    program = b"""
import os, time
for _ in range(8):
    if os.fork() == 0:
        x = bytearray(100 << 20)
        x[::4096] = b'x' * len(x[::4096])
        time.sleep(5)
        os._exit(0)
time.sleep(4)
print('all fit')
for _ in range(8): os.wait()
"""
    made = Cell()
    run = made.run(CellWork("script", program, LIMITS, [b""]))
    made.remove()
    if any("cgroup" in wall for wall in made.isolation):
        assert run.ending is not Ending.LOST
    else:
        assert run.ending is Ending.MEMORY

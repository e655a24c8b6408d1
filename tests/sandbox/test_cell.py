"""What a run may use of time: CPU of all its processes together, or idling. And what a Python program finds there."""

import json
import marshal
from collections.abc import Iterator

import pytest

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Ending, Limits, Run


@pytest.fixture(scope="module")
def cell() -> Iterator[Cell]:
    made = Cell()
    yield made
    made.remove()


def run(cell: Cell, program: str, limits: Limits, stdin: bytes = b"") -> Run:
    return cell.run(CellWork("script", program.encode(), limits, [stdin]))


SPIN = "import time\ndef spin(s):\n    while time.process_time() < s: pass\n"
FORKS = SPIN + "import os\nfor _ in range({num}):\n    if os.fork() == 0:\n        spin({each})\n        os._exit(0)\n"
WAIT = "for _ in range({num}): os.wait()\n"


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        (SPIN + "spin(0.3)", Ending.EXITED),
        ("while True: pass", Ending.TIME),
        ("import time; time.sleep(30)", Ending.TIME),
        ("import signal; signal.pause()", Ending.TIME),
        (FORKS.format(num=2, each=0.2) + WAIT.format(num=2), Ending.EXITED),
        (FORKS.format(num=3, each=0.6) + WAIT.format(num=3), Ending.TIME),
        ("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass", Ending.TIME),
    ],
)
def test_a_run_fails_by_the_time_of_all_its_processes_or_by_idling(cell: Cell, program: str, ending: Ending) -> None:
    assert run(cell, program, Limits(1.0, 128)).ending is ending


def test_idling_has_a_limit_of_its_own(cell: Cell) -> None:
    assert run(cell, "import time; time.sleep(0.5)", Limits(0.2, 128, idle_s=5.0)).ending is Ending.EXITED
    assert run(cell, "import time; time.sleep(30)", Limits(5.0, 128, idle_s=0.2)).ending is Ending.TIME


def test_a_child_that_runs_out_of_memory_is_the_programs_failure(cell: Cell) -> None:
    program = "import os, time\nif os.fork() == 0:\n    x = bytearray(400 << 20)\n    time.sleep(9)\nos.wait()"
    assert run(cell, program, Limits(5.0, 64)).ending is Ending.MEMORY


def test_a_brief_peak_is_seen_at_the_end(cell: Cell) -> None:
    assert run(
        cell, "x = bytearray(250 << 20)\nfor n in range(0, len(x), 4096): x[n] = 1", Limits(5.0, 128)
    ).ending is (Ending.MEMORY)


def test_reserved_memory_that_nothing_touches_is_free(cell: Cell) -> None:
    program = "import threading as t\nt.stack_size(1 << 30)\nx = t.Thread(target=print, args=[5])\nx.start()\nx.join()"
    assert run(cell, program, Limits(2.0, 128)).stdout == b"5\n"


def test_the_second_run_gets_the_code_that_the_first_has_compiled(cell: Cell) -> None:
    limits = Limits(2.0, 128)
    first = cell.run(CellWork("script", b"print(input())", limits, [b"1", b""]))
    second = cell.run(CellWork("script", b"raise ValueError", limits, [b"2", first.result]))
    assert (first.stdout, second.stdout) == (b"1\n", b"2\n")
    assert cell.run(CellWork("script", b"print(input())", limits, [b"3"])).result == b""


FORGES = """
import os
for fd in range(3, 99):
    try:
        if b"result" in os.readlink(f"/proc/self/fd/{fd}").encode():
            os.pwrite(fd, b"x" * 9, 0)
    except PermissionError:
        print("sealed")
    except OSError:
        pass
"""


def test_the_program_cannot_change_what_the_second_run_gets(cell: Cell) -> None:
    run = cell.run(CellWork("script", FORGES.encode(), Limits(2.0, 128), [b"", b""]))
    assert run.stdout == b"sealed\n"
    assert not run.result.startswith(b"x")


@pytest.mark.parametrize(
    ("program", "output"),
    [
        ("print(1)\nexit()", "1\n"),
        ("print(1)\nquit(0)", "1\n"),
        ("open('/dev/null', 'w').write('x'); print(2)", "2\n"),
        ("open('/dev/stdout', 'w').write('3')", "3"),
        ("file = open(1, 'w'); file.write('4')", "4"),
        ("import os; print('ONLINE_JUDGE' in os.environ)", "True\n"),
        ("print(open(__file__).read())", "print(open(__file__).read())\n"),
        ("from concurrent.futures import ThreadPoolExecutor as E\nprint(E(2).submit(int, '6').result())", "6\n"),
        ("import sys; print([m for m in sys.modules if 'distill' in m])", "[]\n"),
        ("class A:\n    def __del__(self): print(name)\nname = 'bye'\na = A()", "bye\n"),
        ("import atexit; atexit.register(print, 7)", "7\n"),
    ],
)
def test_a_program_finds_what_every_judge_has(cell: Cell, program: str, output: str) -> None:
    ended = run(cell, program, Limits(2.0, 128))
    assert (ended.stdout.decode(), ended.status) == (output, 0), ended.stderr


@pytest.mark.parametrize(
    ("program", "result"),
    [
        ("def f(x): return __name__\nif __name__ == '__main__': raise ValueError", '"solution"'),
        ("def f(x): return x\nprint(1)\nexit()", "7"),
        ("import sys\nlines = sys.stdin.read()\ndef f(x): return lines", '""'),
        ("import pickle\nclass A: pass\ndef f(x): return type(pickle.loads(pickle.dumps(A()))).__name__", '"A"'),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\ndef f(x): return A(x).x", "7"),
    ],
)
def test_a_program_whose_functions_are_called_is_a_module_and_no_script(cell: Cell, program: str, result: str) -> None:
    job = marshal.dumps({"program": program.encode(), "calls": [("f", [7])], "num_frames": None})
    ended = cell.run(CellWork("calls", job, Limits(2.0, 128)))
    assert json.loads(ended.result) == json.loads(result), ended.stderr

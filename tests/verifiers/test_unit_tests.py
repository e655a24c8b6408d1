"""The verifier of programs: what passes, what fails and why, and when it abstains."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.records import FailedTest, Prompt
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import DATA, SUM, on_assertions, on_calls, on_inputs

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDS = on_inputs(("3 4\n", "7\n"), ("1 1\n", "2\n"), time_limit_s=1)
ADD = "print(sum(map(int, input().split())))"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests(num_workers=2)
    yield verifier
    await verifier.close()


def rows(name: str) -> list[object]:
    lines = (DATA / name).read_text().splitlines()
    return [pytest.param(json.loads(line), id=f"{number}") for number, line in enumerate(lines)]


def outcome(*, should_pass: bool) -> str:
    return "pass" if should_pass else "fail"


@pytest.mark.parametrize("row", rows("code_hostile_stdin.jsonl"))
async def test_recorded_programs_on_inputs(unit_tests: UnitTests, row: dict[str, str]) -> None:
    verdict = await unit_tests.verify(on_inputs((row["stdin"], row["expected_stdout"]), time_limit_s=1), row["program"])
    if row["should_pass"] is not None:
        assert verdict.outcome.value == outcome(should_pass=bool(row["should_pass"])), verdict.reason


@pytest.mark.parametrize("row", rows("code_hostile_function.jsonl"))
async def test_recorded_functions(unit_tests: UnitTests, row: dict[str, str]) -> None:
    cases = json.loads(json.dumps(row["tests"]))
    verdict = await unit_tests.verify(on_calls(row["entry_point"], *cases), row["program"])
    assert verdict.outcome.value == outcome(should_pass=bool(row["should_pass"])), verdict.reason


@pytest.mark.parametrize("row", rows("code_stdout_compare.jsonl"))
async def test_recorded_outputs(unit_tests: UnitTests, row: dict[str, str]) -> None:
    program = f"import sys\nsys.stdout.write({row['pred']!r})"
    verdict = await unit_tests.verify(on_inputs(("", row["gold"])), program)
    assert verdict.outcome.value == outcome(should_pass=bool(row["expected"])), verdict.reason


@pytest.mark.parametrize("size", [5_000, 1_500_000])
async def test_large_outputs_are_read_whole(unit_tests: UnitTests, size: int) -> None:
    right, wrong = f"print(10 ** {size // 50 - 1}, 'x' * {size})", f"print(10 ** {size // 50 - 1}, 'x' * {size} + 'y')"
    tests = on_inputs(("", f"{'1' + '0' * (size // 50 - 1)} {'x' * size}\n"), time_limit_s=60)
    assert (await unit_tests.verify(tests, right)).outcome.value == "pass"
    assert (await unit_tests.verify(tests, wrong)).outcome.value == "fail"


IDIOMS = {
    "input": SUM,
    "read": "import sys\nn, *a = map(int, sys.stdin.read().split())\nprint(sum(a) + n)",
    "readline": "import sys\ninput = sys.stdin.readline\n" + SUM,
    "buffer readline": "import sys\ninput = sys.stdin.buffer.readline\n" + SUM,
    "readlines": "import sys\nn, a = sys.stdin.readlines()\nprint(int(n) + sum(map(int, a.split())))",
    "for line": "import sys\nt = 0\nfor line in sys.stdin: t += sum(map(int, line.split()))\nprint(t)",
    "open 0": "n, *a = map(int, open(0).read().split())\nprint(sum(a) + n)",
    "open 0 bytes": "n, *a = map(int, open(0, 'rb').read().split())\nprint(sum(a) + n)",
    "dev stdin": "n, *a = map(int, open('/dev/stdin').read().split())\nprint(sum(a) + n)",
    "os.read": "import os\nn, *a = map(int, os.read(0, 10 ** 6).split())\nprint(sum(a) + n)",
    "fstat": "import os, io\nn, *a = map(int, io.BytesIO(os.read(0, os.fstat(0).st_size)).read().split())\nprint(n + sum(a))",  # noqa: E501
    "mmap": "import mmap\nn, *a = map(int, mmap.mmap(0, 0, access=mmap.ACCESS_READ)[:].split())\nprint(sum(a) + n)",
    "fileinput": "import fileinput\nprint(sum(sum(map(int, line.split())) for line in fileinput.input()))",
    "iter input": "t = 0\nwhile True:\n    try: t += sum(map(int, input().split()))\n    except EOFError: break\nprint(t)",  # noqa: E501
    "os.write": "import os\nn = int(input())\na = sum(map(int, input().split()))\nos.write(1, b'%d' % (n + a))",
    "stdout.write": "import sys\nn = int(input())\nsys.stdout.write(str(n + sum(map(int, input().split()))))",
    "stdout.buffer": "import sys\nn = int(input())\nsys.stdout.buffer.write(b'%d' % (n + sum(map(int, input().split()))))",  # noqa: E501
    "print to file": "import sys\nn = int(input())\nprint(n + sum(map(int, input().split())), file=sys.stdout, flush=True)",  # noqa: E501
    "rebound stdout": "import io, sys\nsys.stdout = io.StringIO()\n"
    + SUM
    + "\nsys.__stdout__.write(sys.stdout.getvalue())",
    "reopened stdout": "import os, sys\nsys.stdout = os.fdopen(1, 'w')\n" + SUM,
    "closed stdout": "import sys\n" + SUM + "\nsys.stdout.close()",
    "main guard": "def main():\n    " + SUM + "\nif __name__ == '__main__': main()",
    "global": "t = 0\ndef add(x):\n    global t\n    t += x\nadd(int(input()))\nfor x in input().split(): add(int(x))\nprint(t)",  # noqa: E501
    "thread": "import threading\nthreading.stack_size(1 << 26)\ndef main():\n    "
    + SUM
    + "\nthreading.Thread(target=main).start()",
    "recursion": "import sys\nsys.setrecursionlimit(10 ** 6)\ndef f(n): return n and 1 + f(n - 1)\nf(50000)\n" + SUM,
    "sys.exit": "import sys\n" + SUM + "\nsys.exit()",
    "exit 0": "import sys\n" + SUM + "\nsys.exit(0)",
    "atexit": "import atexit\nout = []\natexit.register(lambda: print(*out))\nn = int(input())\nout.append(n + sum(map(int, input().split())))",  # noqa: E501
    "annotations": "from __future__ import annotations\ndef f(x: Unknown) -> Other: ...\n" + SUM,
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\nA(1)\n" + SUM,
    "pickled class": "import pickle\nclass A: pass\npickle.loads(pickle.dumps(A()))\n" + SUM,
    "processes": "import multiprocessing as m\ndef f(x): return x\nif __name__ == '__main__':\n    with m.Pool(2) as p:\n        n = int(input())\n        print(n + sum(p.map(f, map(int, input().split()))))",  # noqa: E501
    "subprocess": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'pass'], check=True)\n" + SUM,
    "temporary file": "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'x')\n" + SUM,
    "asyncio": "import asyncio\nasync def main():\n    " + SUM + "\nasyncio.run(main())",
    "big integers": "x = str(7 ** 20000)\nassert int(x) == 7 ** 20000\n" + SUM,
    "typing": "from typing import *\nfrom collections import *\nfrom heapq import *\nfrom math import *\n" + SUM,
    "walrus and match": "match 1:\n    case 1: pass\n" + SUM,
    "no final newline": "n = int(input())\nprint(n + sum(map(int, input().split())), end='')",
    "printed by C": "import ctypes\nn = int(input())\n"
    "ctypes.CDLL(None).printf(b'%d\\n', n + sum(map(int, input().split())))",
    "crlf": "n = int(input())\nprint(n + sum(map(int, input().split())), end='\\r\\n')",
}


@pytest.mark.parametrize("program", IDIOMS.values(), ids=IDIOMS)
async def test_honest_idioms_pass(unit_tests: UnitTests, program: str) -> None:
    cases = [("5\n1 2 3 4 5\n", "20\n"), ("1\n1\n", "2\n"), ("2\n-5 -6\n", "-9\n")]
    verdict = await unit_tests.verify(on_inputs(*cases, time_limit_s=10), program)
    assert verdict.outcome.value == "pass", verdict.reason


REASONS = {
    "wrong answer": (ADD.replace("sum", "max"), "test 1: wrong answer: token 1: expected '7', got '4'"),
    "late wrong answer": ("a, b = map(int, input().split())\nprint(a + b if a > 1 else 0)", "test 2: wrong answer"),
    "time limit": ("while True: pass", "test 1: time limit: "),
    "late time limit": ("a, b = map(int, input().split())\nprint(a + b)\nwhile a == 1: pass", "test 2: time limit: "),
    "sleeps": ("import time\ntime.sleep(100)", "test 1: time limit: "),
    "memory limit": ("x = bytearray(8 << 30)", "test 1: memory limit: 1024 MiB"),
    "output limit": ("while True: print('x' * 9999)", "test 1: output limit: 16 MiB"),
    "runtime error": ("print(1 / 0)", "test 1: runtime error: ZeroDivisionError: division by zero"),
    "compile error": ("print(", "test 1: compile error: SyntaxError: '(' was never closed"),
    "exit status": ("import sys\nsys.exit(3)", "test 1: runtime error: exit status 3"),
    "no program": ("```javascript\n1\n```", "no program found"),
    "nothing": ("  \n", "no program found"),
}


@pytest.mark.parametrize(("answer", "reason"), REASONS.values(), ids=REASONS)
async def test_reasons_say_what_went_wrong(unit_tests: UnitTests, answer: str, reason: str) -> None:
    verdict = await unit_tests.verify(ADDS, answer)
    assert verdict.outcome.value == "fail"
    assert verdict.reason.startswith(reason)


async def test_the_verdict_carries_the_program(unit_tests: UnitTests) -> None:
    verdict = await unit_tests.verify(ADDS, f"Try this:\n```python\nprint()\n```\nNo:\n```py\n{ADD}\n```\nDone.")
    assert (verdict.outcome.value, verdict.extracted, verdict.reason) == ("pass", f"{ADD}\n", "passed all 2 tests")


async def test_a_state_that_leaks_between_tests_does_not_turn_right_into_wrong(unit_tests: UnitTests) -> None:
    program = "import math\nassert not hasattr(math, 'seen')\nmath.seen = 1\n" + ADD
    assert (await unit_tests.verify(ADDS, program)).outcome.value == "pass"


async def test_leaving_early_after_each_answer_is_fine(unit_tests: UnitTests) -> None:
    program = f"import os, sys\n{ADD}\nsys.stdout.flush()\nos._exit(0)"
    assert (await unit_tests.verify(ADDS, program)).outcome.value == "pass"


async def test_all_tests_tells_the_share() -> None:
    verifier = UnitTests(all_tests=True)
    tests = on_inputs(*((f"{n}\n", f"{n}\n") for n in range(40)))
    verdict = await verifier.verify(tests, "n = int(input())\nprint(n if n % 10 else 'x')")
    await verifier.close()
    assert verdict.reason == "test 1: wrong answer: token 1: expected '0', got 'x'; passed 36 of 40"
    assert (verdict.num_passed, verdict.num_tests, verdict.share_passed) == (36, 40, 0.9)


async def test_all_tests_tells_the_share_of_calls() -> None:
    verifier = UnitTests(all_tests=True)
    cases: list[tuple[list[object], object]] = [([n], n * n) for n in range(5)]
    squares = on_calls("f", *cases)
    verdict = await verifier.verify(squares, "def f(n): return n + n")
    broken = await verifier.verify(squares, "def f(n")
    await verifier.close()
    assert (verdict.num_passed, verdict.num_tests) == (2, 5)
    assert (broken.num_passed, broken.num_tests, broken.share_passed) == (0, 5, 0)


async def test_counts_go_up_to_the_first_failure_which_is_shown(unit_tests: UnitTests) -> None:
    passed = await unit_tests.verify(ADDS, ADD)
    failed = await unit_tests.verify(ADDS, "print(7)")
    held = await unit_tests.verify(on_assertions("assert f(1) == 1\nassert f(2) == 2"), "def f(x): return x")
    assert (passed.num_passed, passed.num_tests, passed.share_passed) == (2, 2, 1)
    assert (failed.num_passed, failed.num_tests) == (1, 2)
    assert failed.failed_test == FailedTest(number=2, input="1 1\n", expected="2\n", got="7\n")
    assert (held.num_passed, held.num_tests) == (2, 2)


async def test_hundreds_of_tests(unit_tests: UnitTests) -> None:
    tests = on_inputs(*((f"{n}\n", f"{n}\n") for n in range(700)))
    assert (await unit_tests.verify(tests, "print(input())")).reason == "passed all 700 tests"
    late = await unit_tests.verify(tests, "n = int(input())\nprint(n if n < 650 else 0)")
    assert late.reason.startswith("test 651: wrong answer")


async def test_a_cancelled_verification_does_not_mix_up_answers() -> None:
    verifier = UnitTests()
    slow = asyncio.create_task(verifier.verify(ADDS, f"import time\ntime.sleep(1)\n{ADD}"))
    await asyncio.sleep(0.3)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert (await verifier.verify(ADDS, "print(0)")).outcome.value == "fail"
    assert (await verifier.verify(ADDS, ADD)).outcome.value == "pass"
    await verifier.close()


MEMBER = "import json\ndef check(i, o, e):\n    return json.loads(o) in json.loads(i)[0]"
CALLS = [
    (on_calls("add", ([3, 4], 7)), "def add(a, b): return a + b", "pass"),
    (on_calls("add", ([3, 4], 7)), "def add(a, b): return a - b", "fail"),
    (on_calls("add", ([3, 4], 7)), "def other(a, b): return a + b", "fail"),
    (on_calls("add", ([3, 4], 7)), "class Solution:\n    def add(self, a, b): return a + b", "pass"),
    (on_calls("pair", ([1], [1, 2])), "def pair(a): return a, 2", "pass"),
    (on_calls("pair", ([1], [1, 2])), "def pair(a): return {1, 2}", "fail"),
    (
        on_calls("squares", ([2], {"1": 1, "2": 4})),
        "def squares(n): return {k: k * k for k in range(1, n + 1)}",
        "pass",
    ),
    (on_calls("third", ([1], 0.3)), "def third(x): return 0.1 + 0.2", "pass"),
    (on_calls("third", ([1], 0.3)), "def third(x): return 0.3001", "fail"),
    (on_calls("third", ([1], 0.3), checker="exact"), "def third(x): return 0.1 + 0.2", "fail"),
    (on_calls("third", ([1], 0.3), checker="float", tolerance=1e-2), "def third(x): return 0.3001", "pass"),
    (on_calls("big", ([], 10**9), checker="float", tolerance=1e-2), "def big(): return 10 ** 9 + 7", "fail"),
    (on_calls("none", ([], None)), "def none(): pass", "pass"),
    (on_calls("none", ([], None)), "def none(): return 0", "fail"),
    (on_calls("text", ([], "a b")), "def text(): return 'a  b'", "fail"),
    (on_calls("digits", ([], 7**9000)), "def digits(): return 7 ** 9000", "pass"),
    (
        on_calls("any_of", ([[1, 2]], 1), checker={"language": "python3", "code": MEMBER}),
        "def any_of(l): return 2",
        "pass",
    ),
    (
        on_calls("any_of", ([[1, 2]], 1), checker={"language": "python3", "code": MEMBER}),
        "def any_of(l): return 3",
        "fail",
    ),
    (on_calls("gen", ([3], [0, 1, 2])), "def gen(n): yield from range(n)", "fail"),
    (on_calls("noisy", ([3], 3)), "def noisy(n):\n    print('x' * 1000)\n    return n", "pass"),
    (on_calls("deep", ([5000], 5000)), "def deep(n): return n and 1 + deep(n - 1)", "pass"),
    (on_calls("deep", ([5000], 5000), dialect="plain"), "def deep(n): return n and 1 + deep(n - 1)", "fail"),
    (on_calls("deep", ([1], 1)), "def deep(n): return deep(n)", "fail"),
    (on_calls("least", ([[2, 1]], 1)), "class Solution:\n    def least(self, a): return reduce(min, a)", "pass"),
    (on_calls("true", ([], True)), "import numpy as np\ndef true(): return np.bool_(1)", "pass"),
    (on_calls("log", ([[3]], [3, 3])), "seen = []\ndef log(a):\n    a.append(3)\n    return a", "pass"),
]


@pytest.mark.parametrize(("tests", "program", "expected"), CALLS)
async def test_functions(unit_tests: UnitTests, tests: Prompt, program: str, expected: str) -> None:
    verdict = await unit_tests.verify(tests, program)
    assert verdict.outcome.value == expected, verdict.reason


STACK = """
class Full(ValueError): pass
class Stack:
    def __init__(self): self.items = []
    def push(self, x):
        if len(self.items) > 1: raise Full("no room")
        self.items.append(x)
    def pop(self): return self.items.pop()
    def __len__(self): return len(self.items)
    def __eq__(self, other): return self.items == other.items
"""
ASSERTIONS = [
    ("assert add(3, 4) == 7", "def add(a, b): return a + b", "pass"),
    ("assert add(3, 4) == 7\nassert add(3, 5) == 9", "def add(a, b): return a + b", "fail"),
    ("assert add([1], (2,)) == {3: {4}}", "def add(a, b): return {3: {4}}", "pass"),
    ("x = add(3, 4)\nassert x == 7", "def add(a, b): return a + b", "pass"),
    ("assert add(a=3, b=4) == 7", "def add(a, b): return a + b", "pass"),
    ("for i in range(5):\n    assert add(i, i) == 2 * i", "def add(a, b): return a + b", "pass"),
    ("assert abs(add(3, 4) - 7) < 1e-6", "def add(a, b): return a + b + 1e-9", "pass"),
    ("import math\nassert math.isclose(add(3, 4), 7)", "def add(a, b): return a + b + 1", "fail"),
    ("assert sorted(add(3, 4)) == [3, 4]", "def add(a, b): return {b, a}", "pass"),
    ("l = [3, 1]\nassert order(l) is None\nassert l == [1, 3]", "def order(l): l.sort()", "pass"),
    ("assert apply(lambda x: x + 1, [1]) == [2]", "def apply(f, l): return [f(x) for x in l]", "pass"),
    ("assert list(count(3)) == [0, 1, 2]", "def count(n): yield from range(n)", "pass"),
    ("s = Stack()\ns.push(4)\nassert len(s) == 1\nassert s.items == [4]\nassert s.pop() == 4", STACK, "pass"),
    ("s = Stack()\ns.push(4)\nassert s == Stack()", STACK, "fail"),
    ("s = Stack()\nassert s == Stack()\nassert isinstance(s, Stack)", STACK, "pass"),
    (
        "s = Stack()\ns.push(1)\ns.push(2)\ntry:\n    s.push(3)\n    assert False\nexcept Full as e:\n    assert str(e) == 'no room'",  # noqa: E501
        STACK,
        "pass",
    ),
    ("try:\n    f(0)\nexcept ZeroDivisionError:\n    ok = True\nassert ok", "def f(x): return 1 / x", "pass"),
    ("def test_it():\n    assert f(1) == 1", "def f(x): return x", "pass"),
    ("from solution import f\ndef test_it():\n    assert f(1) == 2", "def f(x): return x", "fail"),
    (
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(f(1), 1)",
        "def f(x): return x",
        "pass",
    ),
    (
        "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(f(1), 2)",
        "def f(x): return x",
        "fail",
    ),
    ("assert f(1) == 1", "x = 1", "fail"),
    ("y = f(1)\nassert y == 1", "x = 1", "fail"),
    ("pass", "def f(x): return x", "abstain"),
    ("f(1)", "def f(x): return x", "abstain"),
    ("assert (", "def f(x): return x", "abstain"),
    ("import surely_not_there\nassert f(1) == 1", "def f(x): return x", "abstain"),
]


@pytest.mark.parametrize(("code", "program", "expected"), ASSERTIONS)
async def test_assertions(unit_tests: UnitTests, code: str, program: str, expected: str) -> None:
    verdict = await unit_tests.verify(on_assertions(code, time_limit_s=10), program)
    assert verdict.outcome.value == expected, verdict.reason


async def test_an_entry_point_may_be_a_method_of_leetcodes_class(unit_tests: UnitTests) -> None:
    tests = on_assertions("def check(candidate):\n    assert candidate(x = 1) == 2", entry_point="Solution().inc")
    for step, expected in (("1", "pass"), ("2", "fail")):
        program = f"class Solution:\n    def inc(self, x: List[int]) -> int:\n        return x + {step}"
        assert (await unit_tests.verify(tests, program)).outcome.value == expected


BY_FUNCTION = "def check(input, output, expected):\n    return sorted(output.split()) == sorted(expected.split())"
BY_FILES = "import sys\na, b, c = (open(p).read() for p in sys.argv[1:])\nsys.exit(sorted(b) != sorted(c))"
BY_JSON = "import json, sys\nd = json.load(sys.stdin)\nprint(int(sorted(d['output'].split()) == sorted(d['expected'].split())))"  # noqa: E501
BY_NUMBERS = "def check(input, output, expected):\n    return int(output) % 2 == int(expected) % 2"


@pytest.mark.parametrize(
    ("judge", "program", "expected"),
    [
        (BY_FUNCTION, "print(2, 1)", "pass"),
        (BY_FUNCTION, "print(2, 2)", "fail"),
        (BY_FILES, "print(2, 1)", "pass"),
        (BY_FILES, "print(2, 2)", "fail"),
        (BY_JSON, "print(2, 1)", "pass"),
        (BY_JSON, "print(2, 2)", "fail"),
        ("def check(input, output, expected):\n    return 1 / 0", "print(2, 1)", "abstain"),
        ("def check(", "print(2, 1)", "abstain"),
    ],
)
async def test_special_judges(unit_tests: UnitTests, judge: str, program: str, expected: str) -> None:
    tests = on_inputs(("", "1 2\n"), checker={"language": "python", "code": judge})
    verdict = await unit_tests.verify(tests, program)
    assert verdict.outcome.value == expected, verdict.reason


async def test_a_judge_that_chokes_on_an_output_is_not_broken(unit_tests: UnitTests) -> None:
    tests = on_inputs(("", "2\n"), checker={"language": "python", "code": BY_NUMBERS})
    assert (await unit_tests.verify(tests, "print(4)")).outcome.value == "pass"
    assert (await unit_tests.verify(tests, "print('x')")).outcome.value == "fail"


async def test_what_cannot_be_run_is_not_the_teachers_fault(unit_tests: UnitTests) -> None:
    verdict = await unit_tests.verify(on_inputs(("", ""), language="cobol"), "DISPLAY 'HI'")
    assert (verdict.outcome.value, verdict.reason) == ("abstain", "no way to run 'cobol'")


async def test_it_says_what_isolates_and_closes_twice(unit_tests: UnitTests) -> None:
    assert "seccomp" in unit_tests.describe()
    verifier = UnitTests()
    await verifier.close()
    await verifier.close()

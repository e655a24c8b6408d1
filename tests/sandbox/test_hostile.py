"""Hostile programs: each gets its verdict in time, and leaves nothing behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import SUM, descendants, on_assertions, on_calls, on_inputs, sections

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S = 0.5
BOUND_S = 30.0
"""Far more than the limit, for loaded machines, and far less than any of the programs would take."""
TRACES = ("/tmp/distill-hostile-marker", "/dev/shm/distill-hostile-marker", "/var/tmp/distill-hostile-marker")


def left_behind() -> list[str]:
    return [trace for trace in TRACES if Path(trace).exists()]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISTILL_SECRET", "hunter2")
        verifier = UnitTests(num_workers=1)
    await verifier.verify(on_inputs(("1\n2\n", "3\n")), SUM)
    yield verifier
    await verifier.close()
    assert not descendants()


@pytest.mark.parametrize(
    ("outcome", "program"), [pytest.param(o, p, id=n) for n, o, p in sections("hostile_programs.txt")]
)
async def test_a_hostile_program_harms_only_itself(unit_tests: UnitTests, outcome: str, program: str) -> None:
    before = descendants()
    tests = on_inputs(("5\n1 2 3 4 5\n", "20\n"), time_limit_s=LIMIT_S, memory_mb=256)
    verdict = await unit_tests.verify(tests, program)
    assert verdict.outcome.value == outcome, verdict.reason
    assert verdict.seconds < BOUND_S
    assert descendants() == before
    assert not left_behind()


SEARCHES = {
    "frames": """
import re, sys
frame = sys._getframe()
while frame:
    for value in [frame.f_locals, frame.f_globals]:
        for hit in re.findall("expected-[0-9a-f]+", repr(value)):
            print(hit)
    frame = frame.f_back
""",
    "garbage": """
import gc, re
for thing in gc.get_objects():
    try:
        for hit in re.findall("expected-[0-9a-f]+", repr(thing)):
            print(hit)
    except Exception:
        pass
""",
    "memory": """
import re
for line in open("/proc/self/maps"):
    span, rights, *_ = line.split()
    if rights.startswith("r"):
        start, end = (int(x, 16) for x in span.split("-"))
        try:
            with open("/proc/self/mem", "rb") as memory:
                memory.seek(start)
                data = memory.read(end - start)
        except (OSError, OverflowError, ValueError):
            continue
        for hit in re.findall(rb"expected-[0-9a-f]{16}", data):
            print(hit.decode())
""",
    "descriptors": """
import os, re
for fd in range(256):
    try:
        for hit in re.findall(rb"expected-[0-9a-f]{16}", os.pread(fd, 1 << 20, 0)):
            print(hit.decode())
    except OSError:
        pass
""",
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
async def test_what_is_expected_is_nowhere_to_be_found(unit_tests: UnitTests, search: str) -> None:
    secret = "expected-0123456789abcdef"
    known = f"print({secret!r})"
    tests = on_inputs(("", secret + "\n"))
    assert (await unit_tests.verify(tests, known)).outcome.value == "pass"
    assert (await unit_tests.verify(tests, search)).outcome.value == "fail"


CHEATS = {
    "equal to everything": "class E(int):\n    def __eq__(self, other): return True\ndef f(x): return E(0)",
    "object equal to everything": "class E:\n    def __eq__(self, other): return True\ndef f(x): return E()",
    "list equal to everything": "class E(list):\n    def __eq__(self, other): return True\ndef f(x): return E()",
    "string equal to everything": "class E(str):\n    __eq__ = lambda a, b: True\n    __hash__ = None\ndef f(x): return E()",  # noqa: E501
    "never unequal": "class E(int):\n    __eq__ = lambda a, b: True\n    __ne__ = lambda a, b: False\ndef f(x): return E()",  # noqa: E501
    "exits before": "import os\nos._exit(0)",
    "exits within": "import os\ndef f(x): os._exit(0)",
    "SystemExit within": "def f(x): raise SystemExit(0)",
    "exits at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 0",
    "patched builtins": "import builtins\nbuiltins.all = builtins.isinstance = lambda *a: True\ndef f(x): return 0",
    "own builtins": "def all(x): return True\ndef abs(x): return 0\ndef len(x): return 49\ndef f(x): return 0",
    "patched json": "import json\njson.dumps = lambda *a, **k: '49'\ndef f(x): return 0\njson.loads = lambda *a: 49",
    "patched AssertionError": "import builtins\nbuiltins.AssertionError = StopIteration\ndef f(x): return 0",
    "own check": "def check(candidate): pass\ndef f(x): return 0",
    "forged report": """
import os
def f(x):
    for fd in range(3, 256):
        try:
            os.pwrite(fd, b'{"num_held": 9, "kind": "", "text": ""}', 0)
        except OSError:
            pass
    os._exit(0)
""",
    "forged message": """
import json, os, struct
def f(x):
    data = json.dumps({"num_held": 9, "kind": "", "text": "", "answer": None}).encode()
    for fd in range(3, 256):
        try:
            os.write(fd, struct.pack("<I", len(data)) + data)
        except OSError:
            pass
    os._exit(0)
""",
    "frames": """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict) and "num_held" in value: value["num_held"] = 9
            if isinstance(value, list) and value and isinstance(value[-1], int): return value[-1]
        frame = frame.f_back
    return 0
""",
    "hangs": "def f(x):\n    while True: pass",
    "hangs quietly": "import signal\ndef f(x):\n    signal.pause()",
    "floods": "def f(x):\n    while True: print('x' * 65536)",
    "returns a bomb": "def f(x):\n    a = []\n    for _ in range(10 ** 6): a = [a]\n    return a",
    "returns a flood": "def f(x): return 'x' * (100 << 20)",
    "returns itself": "def f(x):\n    a = []\n    a.append(a)\n    return a",
    "a pickle": "class E:\n    def __reduce__(self): return eval, ('49',)\ndef f(x): return E()",
    "arithmetic of its own": "class E:\n    __sub__ = __abs__ = lambda a, *b: 0\n    __lt__ = lambda a, b: True\ndef f(x): return E()",  # noqa: E501
}
TESTS = {
    "calls": on_calls("f", ([7], 49), ([2], 4), time_limit_s=LIMIT_S, memory_mb=256),
    "assertions": on_assertions("assert f(7) == 49\nassert f(2) == 4", time_limit_s=LIMIT_S, memory_mb=256),
    "check": on_assertions(
        "def check(c):\n    assert c(7) == 49\n    assert c(2) == 4\n", "f", time_limit_s=LIMIT_S, memory_mb=256
    ),
    "statements": on_assertions(
        "x = f(7)\nassert x == 49\nassert all([x == 49, f(2) == 4])", time_limit_s=LIMIT_S, memory_mb=256
    ),
    "arithmetic": on_assertions(
        "x = f(7)\nassert abs(x - 49) < 1e-6\nassert abs(f(2) - 4) < 1e-6", time_limit_s=LIMIT_S, memory_mb=256
    ),
}


@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
async def test_a_right_function_passes(unit_tests: UnitTests, tests: object) -> None:
    verdict = await unit_tests.verify(tests, "def f(x):\n    return x * x")  # type: ignore[arg-type]
    assert verdict.outcome.value == "pass", verdict.reason


@pytest.mark.slow
@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
@pytest.mark.parametrize("program", CHEATS.values(), ids=CHEATS)
async def test_a_function_cannot_forge_its_result(unit_tests: UnitTests, program: str, tests: object) -> None:
    before = descendants()
    verdict = await unit_tests.verify(tests, program)  # type: ignore[arg-type]
    assert verdict.outcome.value != "pass"
    assert verdict.seconds < BOUND_S
    assert len(descendants() - before) <= 2, "a second cell may have come up, and nothing else"

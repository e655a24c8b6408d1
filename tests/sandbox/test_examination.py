"""Assertions against a program in another cell: its objects are what the tests see, and forge nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import DATA, on_assertions

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests(num_workers=1)
    yield verifier
    await verifier.close()


def cases() -> list[object]:
    """Cases of the data file: the tests, the program, and what is to be found."""
    found: list[object] = []
    for part in (DATA / "assertions.txt").read_text().split("### ")[1:]:
        head, _, rest = part.partition("\n")
        name, _, outcome = head.partition(": ")
        code, _, program = rest.partition("\n---\n")
        found.append(pytest.param(code, program, outcome, id=name))
    return found


@pytest.mark.parametrize(("code", "program", "outcome"), cases())
async def test_assertions(unit_tests: UnitTests, code: str, program: str, outcome: str) -> None:
    verdict = await unit_tests.verify(on_assertions(code, time_limit_s=2), program)
    assert verdict.outcome.value == outcome, verdict.reason


YES = """
class {name}:
    def __init__(self, *given): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __eq__
    def __sub__(self, other): return self
    __rsub__ = __add__ = __sub__
    def __abs__(self): return self
    def __hash__(self): return hash(3)
    def __getattr__(self, name): return self
    def __call__(self, *given): return {name}()
"""
FORGEABLE = (
    "assert f(1) == 3",
    "x = 1\nassert f(x) == 3",
    "x = 1\nassert abs(f(x) - 0.5) < 1e-6",
    "x = 1\nassert 7 in f(x)",
    "x = 1\nassert f(x) in {3, 4}",
    "x = 1\nassert [f(x)] == [3]",
)


@pytest.mark.parametrize("name", ["f", "int", "Yes", "check", "abs"])
@pytest.mark.parametrize("code", FORGEABLE)
async def test_an_object_that_always_agrees_passes_nothing(unit_tests: UnitTests, code: str, name: str) -> None:
    program = YES.format(name=name) + ("" if name == "f" else f"def f(*given): return {name}()\n")
    assert (await unit_tests.verify(on_assertions(code), program)).outcome.value == "fail"


async def test_an_object_of_a_named_class_that_the_tests_did_not_construct_decides_nothing(
    unit_tests: UnitTests,
) -> None:
    program = YES.format(name="Sum") + "    def add(self, a, b): return Sum()\n"
    verdict = await unit_tests.verify(on_assertions("assert Sum().add(1, 2) == 3"), program)
    assert verdict.outcome.value == "abstain"


async def test_assertions_that_held_are_counted(unit_tests: UnitTests) -> None:
    tests = on_assertions("n = 1\nassert f(n) == 1\nassert f(n + 1) == 3\nassert f(n)")
    verdict = await unit_tests.verify(tests, "def f(x): return x")
    assert (verdict.outcome.value, verdict.num_passed, verdict.num_tests) == ("fail", 1, 3)
    assert verdict.reason.startswith("test 2: wrong answer: assert f(n + 1) == 3")

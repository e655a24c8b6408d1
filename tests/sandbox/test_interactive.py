"""Interactive problems: the program and an interactor talk through pipes, in any two languages."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.records import Prompt
from distill.sandbox.host.pool import WorkerPool
from distill.sandbox.task import SpecialJudge, Task
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.sandbox.test_languages import needs_toolchain
from tests.verifiers.programs import on_inputs

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUESSING = """import sys
secret = int(open(sys.argv[1]).read())
for _ in range(10):
    guess = int(input())
    if guess == secret:
        print("yes", flush=True)
        sys.exit(0)
    print("more" if guess < secret else "less", flush=True)
sys.exit("too many guesses")
"""
GUESSING_CPP = """#include <fstream>
#include <iostream>
int main(int, char** argv) {
    std::ifstream in(argv[1]);
    int secret, guess;
    in >> secret;
    for (int k = 0; k < 10; k++) {
        if (!(std::cin >> guess)) return 2;
        std::cout << (guess == secret ? "yes" : guess < secret ? "more" : "less") << std::endl;
        if (guess == secret) return 0;
    }
    return 1;
}
"""
HALVING = """low, high = 1, 100
while True:
    guess = (low + high) // 2
    print(guess, flush=True)
    said = input()
    if said == "yes":
        break
    low, high = (guess + 1, high) if said == "more" else (low, guess - 1)
"""
HALVING_CPP = """#include <iostream>
#include <string>
int main() {
    int low = 1, high = 100;
    for (;;) {
        int guess = (low + high) / 2;
        std::cout << guess << std::endl;
        std::string said;
        std::cin >> said;
        if (said == "yes") return 0;
        if (said == "more") low = guess + 1; else high = guess - 1;
    }
}
"""
PROGRAMS = [
    ("finds it", HALVING, "pass", "passed the only test"),
    ("does not wait for the last word", "for n in range(68, 78): print(n, flush=True)", "pass", "passed the only test"),
    ("too many", "for n in range(1, 12): print(n, flush=True)", "fail", "wrong answer: the interactor rejects it (too"),
    ("no number", "print('what?', flush=True); input()", "fail", "wrong answer: the interactor cannot read it (Val"),
    ("says nothing", "pass", "fail", "wrong answer: the interactor cannot read it (EOFE"),
    ("breaks first", "1 / 0", "fail", "runtime error: ZeroDivisionError"),
    ("computes for ever", "while True: pass", "fail", "time limit"),
    ("reads only", "input()", "fail", "idleness limit: the program and the interactor wait for each other; nobody"),
    ("keeps it", "print(5)\ninput()\ninput()", "fail", "idleness limit"),
    ("breaks after", HALVING + "raise SystemExit(3)", "fail", "runtime error: exit status 3"),
    ("looks around", "import os; print(os.listdir('.') or 0, flush=True)", "fail", "wrong answer"),
]  # fmt: skip


def talking(judge: str, spoken: str = "python", **settings: object) -> Prompt:
    checker = {"language": spoken, "code": judge, "interactive": True}
    return on_inputs(("77", ""), checker=checker, time_limit_s=1, **settings)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests()
    yield verifier
    await verifier.close()


@pytest.mark.parametrize(
    ("program", "outcome", "reason"), [row[1:] for row in PROGRAMS], ids=[row[0] for row in PROGRAMS]
)
async def test_the_interactor_decides(unit_tests: UnitTests, program: str, outcome: str, reason: str) -> None:
    verdict = await unit_tests.verify(talking(GUESSING), f"```python\n{program}\n```")
    assert (verdict.outcome.value, verdict.reason.removeprefix("test 1: ")[: len(reason)]) == (outcome, reason)


async def test_the_end_of_the_conversation_is_shown() -> None:
    pool = WorkerPool(1)
    program = "print(5, flush=True)\nprint(input() + '!', flush=True)"
    judge = SpecialJudge("python", GUESSING, is_interactive=True)
    task = Task(program, "python", "stdin", [["77", ""]], 1.0, 256, 10.0, judge=judge)
    failed = (await pool.decide(task)).failed_test
    await pool.close()
    assert failed is not None
    assert failed.got == "program: 5\ninteractor: more\nprogram: more!"


@pytest.mark.debian
@pytest.mark.parametrize("judge", [(GUESSING, "python"), (GUESSING_CPP, "cpp")])
@pytest.mark.parametrize("program", [(HALVING, "python"), (HALVING_CPP, "cpp")])
async def test_any_two_languages(unit_tests: UnitTests, program: tuple[str, str], judge: tuple[str, str]) -> None:
    needs_toolchain("cpp")
    tests = talking(*judge, language=program[1])
    assert (await unit_tests.verify(tests, f"```{program[1]}\n{program[0]}\n```")).outcome.value == "pass"


@pytest.mark.debian
@pytest.mark.parametrize("spoken", ["python", "cpp"])
async def test_interactors_of_kattis(unit_tests: UnitTests, spoken: str) -> None:
    needs_toolchain("cpp")
    kattis = {"sys.exit(0)": "sys.exit(42)", 'sys.exit("too many guesses")': "sys.exit(43)", "return 0": "return 42",
              "return 1": "return 43", "return 2": "return 43"}  # fmt: skip
    judge = {"python": GUESSING, "cpp": GUESSING_CPP}[spoken]
    for ours, theirs in kattis.items():
        judge = judge.replace(ours, theirs)
    assert (await unit_tests.verify(talking(judge, spoken), HALVING)).outcome.value == "pass"
    too_many = "for n in range(1, 12): print(n, flush=True)"
    assert (await unit_tests.verify(talking(judge, spoken), too_many)).outcome.value == "fail"


async def test_what_a_flood_does_to_an_interactor_is_the_programs_doing(unit_tests: UnitTests) -> None:
    judge = "import os, sys\nif len(sys.stdin.read()) > 2 << 20: os.abort()\nsys.exit(1)"
    verdict = await unit_tests.verify(talking(judge), "print('x' * (3 << 20))")
    assert verdict.reason.startswith("test 1: wrong answer: the interactor cannot read 3145729 bytes")


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        ("import sys\nsys.exit(0)", "the interactor accepts a program that says nothing"),
        ("import sys\nundefined", "the interactor is broken: NameError"),
        ("def", "the checker is no Python program"),
    ],
)
async def test_a_broken_interactor_abstains(unit_tests: UnitTests, judge: str, reason: str) -> None:
    verdict = await unit_tests.verify(talking(judge), HALVING)
    assert (verdict.outcome.value, verdict.reason[: len(reason)]) == ("abstain", reason)

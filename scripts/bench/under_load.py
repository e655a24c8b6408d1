"""Verdicts near a time limit while others use the machine: `python scripts/bench/under_load.py [--hogs 8]`.

Right programs that need about half of their limit must pass, and programs that need half as much again must fail by
time, whatever runs beside them. How much work fills the limit is measured on this machine before the load begins.
"""

import argparse
import asyncio
import inspect
import multiprocessing
import time
from collections import Counter

from distill.records import Message, Prompt
from distill.references import AssertTests, CallCase, FunctionTests, StdinCase, StdinTests
from distill.references import UnitTests as Tests
from distill.verifiers.unit_tests.verifier import UnitTests

LIMIT_S = 2.0
SHARES = {0.5: "pass", 1.5: "fail"}


def work(num_steps: int) -> int:
    """What the programs do, and this file to see how fast it is."""
    total = 0
    for i in range(num_steps):
        total += i * i % 7
    return total


WORK = inspect.getsource(work)


def kinds(num_steps: int) -> dict[str, tuple[str, Tests]]:
    """The same work as a program on standard input, as a function, and below assertions."""
    says = f"{WORK}work({num_steps})\nprint(input())\n"
    called = f"{WORK}def f(x):\n    work({num_steps})\n    return x\n"
    calls = (CallCase(args=(3,), expected=3),)
    return {
        "stdin": (says, StdinTests(cases=(StdinCase(stdin="5\n", stdout="5\n"),), time_limit_s=LIMIT_S)),
        "function": (called, FunctionTests(function="f", cases=calls, time_limit_s=LIMIT_S)),
        "assertions": (called, AssertTests(code="assert f(3) == 3", time_limit_s=LIMIT_S)),
    }


def steps_per_second() -> float:
    """How much of the work this machine does in a second of CPU time."""
    num_steps = 2_000_000
    started_s = time.process_time()
    work(num_steps)
    return num_steps / (time.process_time() - started_s)


def hog() -> None:
    """Use a CPU until ended."""
    while True:
        pass


async def judge(rate: float, num_times: int) -> None:
    """Judge each kind at each share of the limit, and print what came."""
    verifier = UnitTests(num_workers=2)
    for share, wanted in SHARES.items():
        for kind, (program, tests) in kinds(int(rate * share * LIMIT_S)).items():
            prompt = Prompt(id="p", messages=(Message(role="user", content="q"),), domain="code", reference=tests)
            verdicts = await asyncio.gather(*[verifier.verify(prompt, program) for _ in range(num_times)])
            found = Counter(f"{verdict.outcome.value} {verdict.reason}".strip() for verdict in verdicts)
            print(f"{kind}, {share:g} of its limit of {LIMIT_S:g} s ({wanted} is right): {dict(found)}")
    await verifier.close()


def main() -> None:
    """Measure the machine, load it, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hogs", type=int, default=8)
    parser.add_argument("--times", type=int, default=4)
    options = parser.parse_args()
    rate = steps_per_second()
    hogs = [multiprocessing.Process(target=hog, daemon=True) for _ in range(options.hogs)]
    for process in hogs:
        process.start()
    asyncio.run(judge(rate, options.times))
    for process in hogs:
        process.kill()


if __name__ == "__main__":
    main()

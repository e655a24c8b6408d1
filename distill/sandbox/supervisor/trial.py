"""Try one program on its tests, and decide: the supervisor's side, which alone knows what is expected."""

import json
import marshal
import re
import time
from collections.abc import Callable
from typing import NamedTuple

from distill.sandbox.cell.cell import Cell, Work
from distill.sandbox.limits import MIB, Ending, Limits, Run
from distill.sandbox.plain import decode, encode
from distill.sandbox.supervisor.checkers import text_differs, values_differ
from distill.sandbox.task import Decision, Task

ATTEMPTS = 3
"""How often a run is tried whose sandbox broke, or was killed from outside."""
_BATCH, _MAX_BATCH = 16, 128
"""Tests in one process, at first and at most; each is an open file, of which a message carries 253."""
_STARVED = 0.3
_ERROR = re.compile(r"(?:thread .* panicked|(?:[\w.]+: )*[\w.]*(?:Error|Exception)\b)")


class Failure(NamedTuple):
    """Why a test was not passed."""

    reason: str
    is_ours: bool = False
    is_starved: bool = False


class Tested(NamedTuple):
    """What a run showed: how many tests it got through, with what; and why it ended before the last, if it did."""

    results: list[object]
    failure: Failure | None


def limits_of(task: Task) -> Limits:
    """The limits of a run of the task's program."""
    longest = max((len(str(case[1])) for case in task.cases), default=0) if task.kind == "stdin" else 0
    return Limits(task.wall_s, task.memory_mb, output_mb=max(16, 2 * longest // MIB + 1))


def run_surely(cell: Cell, work: Work) -> Run:
    """Run, again where the sandbox broke."""
    run = cell.run(work)
    for _ in range(ATTEMPTS - 1):
        if run.ending is not Ending.LOST:
            break
        run = cell.run(work)
    return run


def decide(
    task: Task, test_from: Callable[[int, int], Tested], compare: Callable[[int, object], Failure | None]
) -> Decision:
    """Test in batches of growing size, each in one process, until something really fails.

    `test_from(first, last)` runs a batch. Only the first test of a batch had a fresh process, so only its
    failure is final; a later one that fails, or is not reached, begins the next batch.
    """
    deadline = time.monotonic() + task.program_s
    total, position, size = len(task.cases), 0, _BATCH
    failures: list[tuple[int, Failure]] = []
    while position < total:
        if time.monotonic() > deadline:
            return Decision("fail", f"time limit: {task.program_s:g} s for all tests together")
        tested = test_from(position, min(total, position + size))
        count, failure = _passed(position, tested, compare)
        position, size = position + count, min(2 * size, _MAX_BATCH)
        if failure and not count:
            if failure.is_ours:
                return Decision("abstain", failure.reason)
            failures.append((position, failure))
            position += 1
            if not task.all_tests:
                break
    return _decision(total, failures, task)


def _passed(first: int, tested: Tested, compare: Callable[[int, object], Failure | None]) -> tuple[int, Failure | None]:
    """How many tests of a batch were passed in a row, and why the next was not."""
    for number, result in enumerate(tested.results):
        failure = compare(first + number, result)
        if failure:
            return number, failure
    return len(tested.results), tested.failure


def _decision(total: int, failures: list[tuple[int, Failure]], task: Task) -> Decision:
    if not failures:
        return Decision("pass", "passed the only test" if total == 1 else f"passed all {total} tests")
    index, first = failures[0]
    share = f"; passed {total - len(failures)} of {total}" if task.all_tests else ""
    starved = any(failure.is_starved for _, failure in failures)
    return Decision("fail", f"test {index + 1}: {first.reason}{share}", starved)


def why_ended(run: Run, limits: Limits) -> Failure | None:
    """Read the end of a run; None if it ended well."""
    match run.ending:
        case Ending.LOST:
            return Failure(f"sandbox error: {_last_line(run.stderr)}", is_ours=True)
        case Ending.TIME:
            return Failure(f"time limit: {limits.wall_s:.3g} s", is_starved=run.starved_s > _STARVED * run.wall_s)
        case Ending.MEMORY:
            return Failure(f"memory limit: {limits.memory_mb} MiB")
    if max(len(run.stdout), len(run.stderr)) >= limits.output_mb * MIB:
        return Failure(f"output limit: {limits.output_mb} MiB")
    return _why_failed(run, limits) if run.status else None


def _why_failed(run: Run, limits: Limits) -> Failure:
    last = _last_line(run.stderr)
    if last.startswith("MemoryError") or "std::bad_alloc" in last:
        return Failure(f"memory limit: {limits.memory_mb} MiB")
    if last.startswith(("SyntaxError", "IndentationError", "TabError")):
        return Failure(f"compile error: {last}")
    how = f"exit status {run.status}" if run.status > 0 else f"signal {-run.status}"
    return Failure(f"runtime error: {last or how}")


def _last_line(stderr: bytes) -> str:
    """What went wrong: the last line that names an error, else the last."""
    lines = [line.strip()[:200] for line in stderr.decode(errors="replace").split("\n") if line.strip()]
    return next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1] if lines else "")


def try_functions(task: Task, cell: Cell, judging: Callable[[int, object], Failure | None]) -> Decision:
    """Call the program's function; the results come out as plain data and are compared here, or judged as JSON."""
    limits = limits_of(task)

    def test_from(first: int, last: int) -> Tested:
        wanted = [(task.function, case[0]) for case in task.cases[first:last]]
        return call(cell, task.program, wanted, limits)

    def compare(index: int, result: object) -> Failure | None:
        if task.judge is not None:
            return judging(index, json.dumps(encode(result)).encode())
        difference = values_differ(task.checker, result, task.cases[index][1], task.tolerance)
        return Failure(f"wrong answer: {difference}") if difference else None

    return decide(task, test_from, compare)


def call(cell: Cell, program: str, wanted: list[tuple[str, object]], limits: Limits) -> Tested:
    """Run a program as a module and make calls of its functions in it."""
    job = marshal.dumps({"program": program.encode(errors="replace"), "calls": wanted})
    run = run_surely(cell, Work("calls", job, limits))
    lines = run.result.split(b"\n")[:-1][: len(wanted)]
    failure = why_ended(run, limits)
    if len(lines) < len(wanted) and failure is None:
        failure = Failure("runtime error: the program ended before its function returned")
    try:
        return Tested([decode(json.loads(line)) for line in lines], failure)
    except (ValueError, RecursionError):
        return Tested([], Failure("runtime error: a result that is no plain data"))


def try_script(task: Task, cell: Cell, judging: Callable[[int, object], Failure | None]) -> Decision:
    """Run a Python program on inputs; `judging` looks at its outputs."""
    limits = limits_of(task)

    def test_from(first: int, last: int) -> Tested:
        inputs = [str(case[0]).encode(errors="surrogatepass") for case in task.cases[first:last]]
        run = run_surely(cell, Work("script", task.program.encode(errors="replace"), limits, inputs))
        outputs = split_outputs(run, len(inputs))
        failure = why_ended(run, limits)
        if failure is None and not outputs:  # it ended itself before the harness could note where its output ends
            outputs = [run.stdout]
        return Tested(list(outputs), failure)

    return decide(task, test_from, judging)


def split_outputs(run: Run, total: int) -> list[bytes]:
    """Cut the output of a batch where the harness says that each test ended."""
    ends = [int.from_bytes(run.result[at : at + 8], "little") for at in range(0, len(run.result) // 8 * 8, 8)]
    return [run.stdout[start:end] for start, end in zip([0, *ends], ends[:total], strict=False)]


def compare_output(task: Task) -> Callable[[int, object], Failure | None]:
    """How outputs are compared for this task."""

    def compare(index: int, output: object) -> Failure | None:
        assert isinstance(output, bytes)
        got, expected = output.decode(errors="replace"), str(task.cases[index][1])
        difference = text_differs(task.checker, got, expected, task.tolerance)
        return Failure(f"wrong answer: {difference}") if difference else None

    return compare

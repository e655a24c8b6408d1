"""Try a Python program by calling a function of it: results come out as plain data."""

import json
import marshal
from collections.abc import Sequence

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.limits import Limits
from distill.sandbox.plain import decode, encode
from distill.sandbox.supervisor.expected import Compare, compare_values
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.trial import BatchResult, decide
from distill.sandbox.task import Task, TaskDecision

ENDED_EARLY = Failure("runtime error: the program ended before its function returned")


def try_functions(task: Task, cell: Cell, judging: Compare) -> TaskDecision:
    """Call the program's function; its results are compared as values, or given to a special judge as JSON."""
    limits = task.limits()

    def test(batch: range) -> BatchResult:
        return call(cell, task.program, [(task.function, task.cases[index][0]) for index in batch], limits)

    def judge(index: int, result: object) -> Failure | None:
        return judging(index, json.dumps(encode(result)).encode())

    return decide(task, test, compare_values(task) if task.judge is None else judge)


def call(cell: Cell, program: str, wanted: Sequence[tuple[str, object]], limits: Limits) -> BatchResult:
    """Run a program as a module and make calls of its functions in it."""
    job = marshal.dumps({"program": program.encode(errors="replace"), "calls": list(wanted)})
    run = cell.run_surely(CellWork("calls", job, limits))
    lines = run.result.split(b"\n")[:-1][: len(wanted)]
    failure = why_ended(run, limits)
    if len(lines) < len(wanted) and failure is None:
        failure = ENDED_EARLY
    return read_results(lines, failure)


def read_results(lines: Sequence[str | bytes], failure: Failure | None) -> BatchResult:
    """The results that a program has reported, up to the first that is not plain data."""
    results: list[object] = []
    for line in lines:
        try:
            results.append(decode(json.loads(line)))
        except (ValueError, RecursionError):
            return BatchResult(results, Failure("runtime error: a result that is not plain data"))
    return BatchResult(results, failure)

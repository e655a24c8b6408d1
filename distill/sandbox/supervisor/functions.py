"""Try a Python program by calling a function of it: results come out as plain data.

All calls are made in one process, one after the other, as LeetCode does: a function that remembers what it was called
with must still be right.
"""

import json
import marshal
from collections.abc import Sequence
from functools import partial

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.comparing.values import is_deep, room_for
from distill.sandbox.limits import Limits
from distill.sandbox.supervisor.expected import Compare, compare_values
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.judging.plain_json import plain_json
from distill.sandbox.supervisor.trial import Showing, decide
from distill.sandbox.task import Task, TaskDecision

ENDED_EARLY = Failure("runtime error: the program ended before its function returned")
_ROOM_FOR_JUDGE = 64 << 20
_NUM_FRAMES = 50_000
"""How deep functions may recurse that were not written for another judge: what LiveCodeBench allows, and less than
LeetCode does.

https://github.com/LiveCodeBench/LiveCodeBench, `import_string` of `lcb_runner/evaluation/testing_util.py`.
"""


def try_functions(task: Task, cell: Cell, judging: Compare) -> TaskDecision:
    """Call the program's function; its results are compared as values, or given to a special judge as JSON."""
    limits = task.limits()
    rooms = [_ROOM_FOR_JUDGE if task.judge else room_for(case[1]) for case in task.cases]

    def test(remaining: range) -> Showing:
        calls = [(task.function, task.cases[index][0]) for index in remaining]
        num_frames = _NUM_FRAMES if task.dialect in {None, "leetcode"} else None
        return call(cell, task.program, calls, limits, rooms[remaining.start :], num_frames)

    compare = compare_values(task) if task.judge is None else partial(_judged, judging)
    return decide(task, test, compare)


def _judged(judging: Compare, index: int, result: object) -> Failure | None:
    """What a special judge says of a result, which it gets as JSON."""
    try:
        return judging(index, plain_json(result).encode())
    except (ValueError, RecursionError) as error:
        return Failure(f"wrong answer: the checker cannot be given it: {error}")


def call(
    cell: Cell,
    program: str,
    wanted: Sequence[tuple[str, object]],
    limits: Limits,
    rooms: Sequence[int],
    num_frames: int | None = None,
) -> Showing:
    """Run a program as a module and make calls of its functions in it.

    `rooms` as in `read_results`; `num_frames` is how deep it may recurse, None for Python's own limit.
    """
    source = program.encode(errors="replace")
    job = marshal.dumps({"program": source, "calls": list(wanted), "num_frames": num_frames})
    run = cell.run_surely(CellWork("calls", job, limits))
    lines = run.result.split(b"\n", len(wanted))[:-1]
    failure = why_ended(run, limits)
    if len(lines) < len(wanted) and failure is None:
        failure = ENDED_EARLY
    return read_results(lines, rooms, failure)._replace(cpu_s=run.cpu_s)


def read_results(lines: Sequence[str | bytes], rooms: Sequence[int], failure: Failure | None) -> Showing:
    """The results that a program has reported, each as JSON data, up to the first that is none.

    `rooms` says how many bytes each may take: a longer one is wrong whatever it says, and is not read.
    """
    results: list[object] = []
    for line, room in zip(lines, rooms, strict=False):
        if len(line) > room:
            return Showing(results, Failure(f"wrong answer: a result of {len(line)} bytes"))
        try:
            result = json.loads(line)
        except (ValueError, RecursionError):
            result = {}
        if (isinstance(result, dict) and len(result) != 1) or is_deep(result):
            return Showing(results, Failure("runtime error: a result that is not plain data"))
        results.append(result)
    return Showing(results, failure)

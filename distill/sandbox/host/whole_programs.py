"""Decide with a sandbox that can only run whole programs: a service elsewhere, or WebAssembly.

Expected outputs stay here, and results are compared as in the workers. What needs a conversation with the program
(assertions that do more than compare calls with literals) is left undecided.
"""

import inspect
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import cache

from distill.sandbox import plain
from distill.sandbox.assertions import read_checks
from distill.sandbox.comparing.values import room_for
from distill.sandbox.inside.harness import find
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.plain import encode
from distill.sandbox.supervisor.examination import decide_checks
from distill.sandbox.supervisor.expected import compare_outputs, compare_values
from distill.sandbox.supervisor.failure import why_ended
from distill.sandbox.supervisor.functions import ENDED_EARLY, read_results
from distill.sandbox.supervisor.trial import Showing, Trial
from distill.sandbox.task import Task, TaskDecision

RunProgram = Callable[[str, str, str, Limits], Awaitable[Run]]
"""Language, program, standard input, limits."""

_CALLS = """
import json as _json, sys as _sys
_task = _json.load(_sys.stdin)
_space = {"__name__": "__main__"}
exec(compile(_task["program"], "main.py", "exec"), _space)
for _name, _arguments in decode(_task["calls"]):
    print("\\n" + _task["mark"] + _json.dumps(encode(find(_name, _space)(*_arguments))), flush=True)
"""


async def decide_whole(task: Task, run: RunProgram) -> TaskDecision:
    """Decide by running whole programs; raises nothing that a program can cause."""
    if task.judge is not None:
        return TaskDecision("abstain", "special judges need the sandbox `namespaces`")
    if task.kind == "stdin":
        return await _try_inputs(task, run)
    if task.language != "python":
        return TaskDecision("abstain", f"{task.language} programs are only run on inputs")
    return await (_try_calls(task, run) if task.kind == "function" else _try_assertions(task, run))


async def _try_inputs(task: Task, run: RunProgram) -> TaskDecision:
    trial, limits = Trial(task, compare_outputs(task)), task.limits()
    while remaining := trial.remaining():
        ended = await run(task.language, task.program, str(task.cases[remaining.start][0]), limits)
        failure = why_ended(ended, limits)
        trial.add(Showing([] if failure else [ended.stdout], failure))
    return trial.decision()


async def _try_calls(task: Task, run: RunProgram) -> TaskDecision:
    trial, rooms = Trial(task, compare_values(task)), [room_for(case[1]) for case in task.cases]
    while remaining := trial.remaining():
        calls = [(task.function, task.cases[index][0]) for index in remaining]
        trial.add(await _call(task, calls, rooms[remaining.start :], run))
    return trial.decision()


async def _try_assertions(task: Task, run: RunProgram) -> TaskDecision:
    checks = read_checks(task.code, task.entry_point)
    if checks is None:
        return TaskDecision("abstain", "assertions that do more than compare calls need the sandbox `namespaces`")
    calls = [(check.function, check.arguments) for check in checks]
    return decide_checks(checks, await _call(task, calls, [room_for(check.expected) for check in checks], run))


@cache
def _caller() -> str:
    """A program that calls functions of another. It holds the source of what it needs: distill is not where it runs."""
    return "\n".join((inspect.getsource(plain), inspect.getsource(find), _CALLS))


async def _call(task: Task, calls: Sequence[tuple[str, object]], rooms: Sequence[int], run: RunProgram) -> Showing:
    """Make calls of the program's functions in one run; each result is a line that begins with a secret mark.

    Services drop the output of what they end: then the first call is made alone, and it alone is shown.
    """
    mark, limits = secrets.token_hex(16), task.limits()
    stdin = json.dumps({"program": task.program, "calls": encode([list(call) for call in calls]), "mark": mark})
    ended = await run("python", _caller(), stdin, limits)
    marked = [line for line in ended.stdout.decode(errors="replace").split("\n") if line.startswith(mark)]
    lines = [line.removeprefix(mark) for line in marked[: len(calls)]]
    if ended.ending is Ending.TIME and not ended.stdout and len(calls) > 1:
        return await _call(task, calls[:1], rooms[:1], run)
    failure = why_ended(ended, limits)
    if failure is None and len(lines) < len(calls):
        failure = ENDED_EARLY
    return read_results(lines, rooms, failure)

"""Decide with a sandbox that can only run whole programs: a service elsewhere, or WebAssembly.

One run a test, expected outputs stay here, and the same comparisons as in the workers. What needs a conversation with
the program (assertions that do more than compare calls with literals) is left undecided.
"""

import inspect
import json
import secrets
from collections.abc import Awaitable, Callable

from distill.sandbox import plain
from distill.sandbox.assertions import fails, read_checks
from distill.sandbox.inside.harness import find
from distill.sandbox.limits import Limits, Run
from distill.sandbox.plain import decode, encode
from distill.sandbox.supervisor.checkers import repr_of, shown, text_differs, values_differ
from distill.sandbox.supervisor.trial import Failure, Tested, why_ended
from distill.sandbox.task import Decision, Task

RunProgram = Callable[[str, str, str, Limits], Awaitable[Run]]
"""Language, program, standard input, limits."""

_CALLER = """
import json as _json, sys as _sys
_task = _json.load(_sys.stdin)
_space = {"__name__": "__main__"}
exec(compile(_task["program"], "main.py", "exec"), _space)
for _name, _arguments in decode(_task["calls"]):
    print("\\n" + _task["mark"] + _json.dumps(encode(find(_name, _space)(*_arguments))), flush=True)
"""


async def decide_whole(task: Task, run: RunProgram) -> Decision:
    """Decide by running whole programs; raises nothing that a program can cause."""
    limits = Limits(task.wall_s, task.memory_mb)
    if task.judge is not None:
        return Decision("abstain", "special judges need the sandbox `namespaces`")
    if task.kind == "stdin":
        return await _try_inputs(task, run, limits)
    if task.language != "python":
        return Decision("abstain", f"{task.language} programs are only run on inputs")
    return await (_try_calls(task, run, limits) if task.kind == "function" else _try_assertions(task, run, limits))


async def _try_inputs(task: Task, run: RunProgram, limits: Limits) -> Decision:
    num_failed, first = 0, ""
    for number, (stdin, expected) in enumerate(task.cases, start=1):
        ended = await run(task.language, task.program, str(stdin), limits)
        failure = why_ended(ended, limits)
        if failure and failure.is_ours:
            return Decision("abstain", failure.reason)
        got = ended.stdout.decode(errors="replace")
        difference = None if failure else text_differs(task.checker, got, str(expected), task.tolerance)
        if failure or difference:
            num_failed += 1
            first = first or f"test {number}: {failure.reason if failure else f'wrong answer: {difference}'}"
            if not task.all_tests:
                return Decision("fail", first)
    total = len(task.cases)
    if num_failed:
        return Decision("fail", f"{first}; passed {total - num_failed} of {total}")
    return Decision("pass", f"passed all {total} tests")


async def _try_calls(task: Task, run: RunProgram, limits: Limits) -> Decision:
    tested = await _call(task.program, [(task.function, case[0]) for case in task.cases], run, limits)
    for number, ((_, expected), result) in enumerate(zip(task.cases, tested.results, strict=False), start=1):
        difference = values_differ(task.checker, result, expected, task.tolerance)
        if difference:
            return Decision("fail", f"test {number}: wrong answer: {difference}")
    return _of_failure(tested) or Decision("pass", f"passed all {len(task.cases)} tests")


async def _try_assertions(task: Task, run: RunProgram, limits: Limits) -> Decision:
    checks = read_checks(task.code, task.entry_point)
    if checks is None:
        return Decision("abstain", "assertions that do more than compare calls need the sandbox `namespaces`")
    tested = await _call(task.program, [(check.function, check.arguments) for check in checks], run, limits)
    for number, (check, result) in enumerate(zip(checks, tested.results, strict=False), start=1):
        if fails(check, result):
            reason = f"wrong answer: {shown(check.source)}, got {shown(repr_of(result))}"
            return Decision("fail", f"test {number}: {reason}")
    return _of_failure(tested) or Decision("pass", f"all {len(checks)} assertions held")


def _of_failure(tested: Tested) -> Decision | None:
    if tested.failure is None:
        return None
    where = f"test {len(tested.results) + 1}: "
    return Decision("abstain" if tested.failure.is_ours else "fail", where + tested.failure.reason)


async def _call(program: str, calls: list[tuple[str, object]], run: RunProgram, limits: Limits) -> Tested:
    mark = secrets.token_hex(16)
    caller = f"{inspect.getsource(plain)}\n{inspect.getsource(find)}\n{_CALLER}"
    stdin = json.dumps({"program": program, "calls": encode([list(call) for call in calls]), "mark": mark})
    ended = await run("python", caller, stdin, limits)
    lines = [line for line in ended.stdout.decode(errors="replace").split("\n") if line.startswith(mark)]
    failure = why_ended(ended, limits)
    if failure is None and len(lines) < len(calls):
        failure = Failure("runtime error: the program ended before its function returned")
    try:
        return Tested([decode(json.loads(line[len(mark) :])) for line in lines[: len(calls)]], failure)
    except (ValueError, RecursionError):
        return Tested([], Failure("runtime error: a result that is no plain data"))

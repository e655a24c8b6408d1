"""Try a program on assertion code: call and compare where that is all it says, else run it beside the program."""

import json
import marshal
import socket
from collections.abc import Callable

from distill.sandbox.assertions import Check, fails, read_checks
from distill.sandbox.cell.cell import Cell, Work
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.plain import Opaque
from distill.sandbox.supervisor.checkers import repr_of, shown
from distill.sandbox.supervisor.trial import ATTEMPTS, Failure, call, limits_of, why_ended
from distill.sandbox.task import Decision, Task


def try_assertions(task: Task, programs: Cell, examiners: Callable[[], Cell]) -> Decision:
    """Decide by the task's assertions. Those that only compare results with literals need one sandbox, others two."""
    limits = limits_of(task)
    checks = read_checks(task.code, task.entry_point)
    if checks:
        decision = _compare(task, checks, programs, limits)
        if decision:
            return decision
    return _examine(task, programs, examiners(), limits)


def _compare(task: Task, checks: list[Check], cell: Cell, limits: Limits) -> Decision | None:
    """Make the calls, compare here; None if a result is an object, of which more than its value may matter."""
    tested = call(cell, task.program, [(check.function, check.arguments) for check in checks], limits)
    for number, (check, result) in enumerate(zip(checks, tested.results, strict=False), start=1):
        if isinstance(result, Opaque):
            return None
        if fails(check, result):
            reason = f"wrong answer: {shown(check.source)}, got {shown(repr_of(result))}"
            return Decision("fail", f"test {number}: {reason}")
    if tested.failure:
        return _failed(tested.failure, f"test {len(tested.results) + 1}: ")
    return Decision("pass", f"all {len(checks)} assertions held")


def _failed(failure: Failure, where: str = "") -> Decision:
    if failure.is_ours:
        return Decision("abstain", failure.reason)
    return Decision("fail", f"{where}{failure.reason}", failure.is_starved)


def _examine(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> Decision:
    for _ in range(ATTEMPTS):
        program, tests = _run_both(task, programs, examiners, limits)
        if Ending.LOST not in {program.ending, tests.ending}:
            break
    failure = why_ended(program, limits)
    if failure and (failure.is_ours or program.ending is not Ending.EXITED):
        return _failed(failure)
    if tests.ending is not Ending.EXITED or not tests.result:
        return _failed(why_ended(tests, limits) or Failure("the tests gave no result", is_ours=True))
    return _read(json.loads(tests.result), failure)


def _run_both(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> tuple[Run, Run]:
    ours, theirs = socket.socketpair()
    program_job = marshal.dumps({"program": task.program.encode(errors="replace")})
    tests_job = marshal.dumps({"code": task.code, "entry_point": task.entry_point})
    program = programs.begin(Work("candidate", program_job, limits, link=theirs))
    tests = examiners.begin(Work("assertions", tests_job, limits, link=ours))
    ours.close()
    theirs.close()
    tests_run = examiners.finish(tests)
    return programs.finish(program), tests_run


def _read(report: dict[str, object], failure: Failure | None) -> Decision:
    match report["kind"]:
        case "wrong":
            return Decision("fail", f"wrong answer: {report['text']}")
        case "gone":
            return _failed(failure or Failure("runtime error: the program ended before its tests"))
        case "ours":
            return Decision("abstain", f"the tests cannot be run: {report['text']}")
        case "error":
            return Decision("fail", f"runtime error: {report['text']}")
    if not report["num_held"]:
        return Decision("abstain", "the tests assert nothing")
    return Decision("pass", f"all {report['num_held']} assertions held")

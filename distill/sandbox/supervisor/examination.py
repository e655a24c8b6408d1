"""Try a program on assertion code: call and compare where that is all it says, else run it beside the program."""

import json
import marshal
import socket
from collections.abc import Callable, Sequence

from distill.sandbox.assertions import Check, fails, read_checks
from distill.sandbox.cell.cell import ATTEMPTS, Cell, CellWork
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.plain import Opaque
from distill.sandbox.supervisor.checkers import repr_of, shown
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.functions import call
from distill.sandbox.supervisor.trial import BatchResult
from distill.sandbox.task import Task, TaskDecision


def try_assertions(task: Task, programs: Cell, examiners: Callable[[], Cell]) -> TaskDecision:
    """Decide by the task's assertions. Those that only compare results with literals need one sandbox, others two."""
    limits = task.limits()
    checks = read_checks(task.code, task.entry_point)
    if checks:
        calls = [(check.function, check.arguments) for check in checks]
        tested = call(programs, task.program, calls, limits)
        if not _has_object(checks, tested.results):
            return decide_checks(checks, tested)
    return _examine(task, programs, examiners(), limits)


def decide_checks(checks: Sequence[Check], tested: BatchResult) -> TaskDecision:
    """Compare the results of calls with what assertions say of them. The first that fails ends it: all or nothing."""
    place = _first_failing(checks, tested.results)
    if place is not None:
        reason = f"wrong answer: {shown(checks[place].source)}, got {shown(repr_of(tested.results[place]))}"
        return TaskDecision("fail", f"test {place + 1}: {reason}")
    if tested.failure:
        return tested.failure.decision(f"test {len(tested.results) + 1}: ")
    return _all_held(len(checks))


def _has_object(checks: Sequence[Check], results: Sequence[object]) -> bool:
    """Whether a result that counts is an object, of which more than its value may matter."""
    place = _first_failing(checks, results)
    return any(isinstance(result, Opaque) for result in (results if place is None else results[: place + 1]))


def _first_failing(checks: Sequence[Check], results: Sequence[object]) -> int | None:
    pairs = enumerate(zip(checks, results, strict=False))
    return next((place for place, (check, result) in pairs if fails(check, result)), None)


def _all_held(num: int) -> TaskDecision:
    return TaskDecision("pass", f"all {num} assertions held", num, num)


def _examine(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> TaskDecision:
    for _ in range(ATTEMPTS):
        program, tests = _run_both(task, programs, examiners, limits)
        if Ending.LOST not in {program.ending, tests.ending}:
            break
    failure = why_ended(program, limits)
    if failure and (failure.is_ours or program.ending is not Ending.EXITED):
        return failure.decision()
    if tests.ending is not Ending.EXITED or not tests.result:
        return (why_ended(tests, limits) or Failure("the tests gave no result", is_ours=True)).decision()
    return _read(json.loads(tests.result), failure)


def _run_both(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> tuple[Run, Run]:
    ours, theirs = socket.socketpair()
    program_job = marshal.dumps({"program": task.program.encode(errors="replace")})
    tests_job = marshal.dumps({"code": task.code, "entry_point": task.entry_point})
    program = programs.begin(CellWork("candidate", program_job, limits, link=theirs))
    tests = examiners.begin(CellWork("assertions", tests_job, limits, link=ours))
    ours.close()
    theirs.close()
    tests_run = examiners.finish(tests)
    return programs.finish(program), tests_run


def _read(report: dict[str, object], failure: Failure | None) -> TaskDecision:
    match report["kind"]:
        case "wrong":
            return TaskDecision("fail", f"wrong answer: {report['text']}")
        case "gone":
            return (failure or Failure("runtime error: the program ended before its tests")).decision()
        case "ours":
            return TaskDecision("abstain", f"the tests cannot be run: {report['text']}")
        case "error":
            return TaskDecision("fail", f"runtime error: {report['text']}")
    if not report["num_held"]:
        return TaskDecision("abstain", "the tests assert nothing")
    return _all_held(int(str(report["num_held"])))

"""Try a program on assertion code: call and compare where that is all it says, else run it beside the program."""

import json
import marshal
import re
import socket
from collections.abc import Callable, Sequence
from typing import Any

from distill.sandbox.assertions import Check, fails, read_checks
from distill.sandbox.cell.cell import ATTEMPTS, Cell, CellWork
from distill.sandbox.clean import clean
from distill.sandbox.comparing.values import is_opaque, room_for, shown_value, spelled
from distill.sandbox.inside.examiner import ASKING
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.failure import Failure, why_ended
from distill.sandbox.supervisor.functions import call
from distill.sandbox.supervisor.trial import Showing
from distill.sandbox.task import SHOWN_TEST, ShownTest, Task, TaskDecision

_SHOWN = 60
_WAITS = re.compile(r"\b(?:gather|wait|wait_for|timeout|create_task|TaskGroup)\(")
"""Tests with coroutines that may wait for each other, or are not to be waited for."""
_PATIENCE = 10


def try_assertions(task: Task, programs: Cell, examiners: Callable[[], Cell]) -> TaskDecision:
    """Decide by the task's assertions. Those that only compare results with literals need one sandbox, others two."""
    limits = task.limits()
    checks = read_checks(task.code, task.entry_point)
    if checks:
        calls = [(check.function, check.arguments) for check in checks]
        tested = call(programs, task.program, calls, limits, [room_for(check.expected) for check in checks])
        if not _has_object(checks, tested.results):
            return decide_checks(checks, tested)
    return _examine(task, programs, examiners(), limits)


def decide_checks(checks: Sequence[Check], tested: Showing) -> TaskDecision:
    """Compare the results of calls with what assertions say of them. The first that fails ends it: all or nothing."""
    place = _first_failing(checks, tested.results)
    if place is not None:
        check, result = checks[place], tested.results[place]
        reason = f"wrong answer: {clean(check.source, _SHOWN)}, got {shown_value(result, _SHOWN)}"
        expected, got = clean(spelled(check.expected), SHOWN_TEST), shown_value(result, SHOWN_TEST)
        shown = ShownTest(place + 1, clean(check.source, SHOWN_TEST), expected, got)
        return TaskDecision("fail", f"test {place + 1}: {reason}", place, len(checks), shown)
    if tested.failure:
        num_held = len(tested.results)
        found = tested.failure.decision(f"test {num_held + 1}: ")
        return found if found.outcome == "abstain" else found._replace(num_passed=num_held, num_tests=len(checks))
    return _all_held(len(checks))


def _has_object(checks: Sequence[Check], results: Sequence[object]) -> bool:
    """Whether a result that counts is an object, of which more than its value may matter."""
    place = _first_failing(checks, results)
    return any(is_opaque(result) for result in (results if place is None else results[: place + 1]))


def _first_failing(checks: Sequence[Check], results: Sequence[object]) -> int | None:
    pairs = enumerate(zip(checks, results, strict=False))
    return next((place for place, (check, result) in pairs if fails(check, result)), None)


def _all_held(num: int) -> TaskDecision:
    return TaskDecision("pass", f"all {num} assertions held" if num > 1 else "the only assertion held", num, num)


def _examine(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> TaskDecision:
    for _ in range(ATTEMPTS):
        program, tests = _run_both(task, programs, examiners, limits)
        if Ending.LOST not in {program.ending, tests.ending}:
            break
    failure = why_ended(program, limits)
    is_asking, report = tests.result[:1] == ASKING, tests.result[1:]
    if report and tests.ending is not Ending.LOST:  # it came to its end, if only just in time
        return _read(json.loads(report), program, failure, limits)
    if failure and failure.is_ours:
        return failure.decision()
    ended = why_ended(tests, limits) or Failure("the tests gave no result")
    if tests.ending is Ending.LOST or not is_asking:
        return TaskDecision("abstain", f"the tests cannot be run: {ended.reason}, not waiting for the program")
    if program.cpu_s < limits.cpu_s / 2 and "asyncio" in task.code and _WAITS.search(task.code):
        return TaskDecision("abstain", "the tests cannot be run: coroutines of the program run one after the other")
    return (ended if program.ending is Ending.EXITED or failure is None else failure).decision()


def _run_both(task: Task, programs: Cell, examiners: Cell, limits: Limits) -> tuple[Run, Run]:
    ours, theirs = socket.socketpair()
    program_job = marshal.dumps({"program": task.program.encode(errors="replace")})
    tests_job = marshal.dumps({"code": task.code, "entry_point": task.entry_point})
    # Each waits for the other, which may itself wait for a CPU: what is slow is told by who is asking whom.
    program = programs.begin(
        CellWork("candidate", program_job, limits._replace(idle_s=_PATIENCE * limits.cpu_s), link=theirs)
    )
    tests = examiners.begin(CellWork("assertions", tests_job, limits._replace(idle_s=2 * limits.cpu_s), link=ours))
    ours.close()
    theirs.close()
    tests_run = examiners.finish(tests)
    return programs.finish(program), tests_run


def _read(report: dict[str, Any], program: Run, failure: Failure | None, limits: Limits) -> TaskDecision:
    num_held, num_tests, text = report["num_held"], report["num_tests"], clean(report["text"], 300)
    counted = TaskDecision("fail", "", num_held if num_tests else None, num_tests)
    match report["kind"]:
        case "wrong":
            number = num_held + 1
            sides = (clean(report.get(side, ""), SHOWN_TEST) for side in ("expected", "got"))
            shown_test = ShownTest(number, clean(report["text"], SHOWN_TEST), *sides)
            reason = f"test {number}: wrong answer: {clean(text, _SHOWN)}"
            return counted._replace(reason=reason, failed_test=shown_test)
        case "gone":
            if program.ending is Ending.TIME and program.cpu_s < limits.cpu_s / 2 and report.get("was_gone"):
                return TaskDecision("abstain", "the tests cannot be run: they keep the program waiting too long")
            gone = failure or Failure("runtime error: the program ended before its tests")
            return counted._replace(reason=gone.reason) if not gone.is_ours else gone.decision()
        case "ours":
            return TaskDecision("abstain", f"the tests cannot be run: {text}")
        case "error":
            return counted._replace(reason=f"runtime error: {text}")
    if not num_held:
        return TaskDecision("abstain", "the tests assert nothing")
    return _all_held(num_held)

"""What a task expects of each of its tests, and how what a test gave is compared with it."""

from collections.abc import Callable

from distill.sandbox.clean import clean
from distill.sandbox.comparing.texts import text_differs
from distill.sandbox.comparing.values import shown_value, spelled, value_differs
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.task import SHOWN_TEST, ShownTest, Task

Compare = Callable[[int, object], Failure | None]
"""The index of a test, and what the program gave on it; None where that is right."""


def compare_outputs(task: Task) -> Compare:
    """How the outputs of a task's program are compared."""

    def compare(index: int, output: object) -> Failure | None:
        assert isinstance(output, bytes)
        difference = text_differs(task.checker, output, str(task.cases[index][1]), task.tolerance)
        return Failure(f"wrong answer: {difference}", got=clean(output, SHOWN_TEST)) if difference else None

    return compare


def compare_values(task: Task) -> Compare:
    """How the results of a task's function are compared."""

    def compare(index: int, result: object) -> Failure | None:
        difference = value_differs(task.checker, result, task.cases[index][1], task.tolerance)
        return Failure(f"wrong answer: {difference}", got=shown_value(result, SHOWN_TEST)) if difference else None

    return compare


def shown_test(task: Task, index: int, failure: Failure) -> ShownTest:
    """A test that was not passed, for people."""
    given, expected = (_shown(part) for part in task.cases[index])
    return ShownTest(index + 1, given, expected, failure.got or clean(failure.reason, SHOWN_TEST))


def _shown(part: object) -> str:
    return clean(part if isinstance(part, str) else spelled(part), SHOWN_TEST)

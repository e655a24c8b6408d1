"""Compare what a test gave with what its task expects."""

from collections.abc import Callable

from distill.sandbox.supervisor.checkers import text_differs, values_differ
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.task import Task

Compare = Callable[[int, object], Failure | None]
"""The index of a test, and what the program gave on it; None where that is right."""


def compare_outputs(task: Task) -> Compare:
    """How the outputs of a task's program are compared."""

    def compare(index: int, output: object) -> Failure | None:
        assert isinstance(output, bytes)
        got, expected = output.decode(errors="replace"), str(task.cases[index][1])
        return _wrong(text_differs(task.checker, got, expected, task.tolerance))

    return compare


def compare_values(task: Task) -> Compare:
    """How the results of a task's function are compared."""

    def compare(index: int, result: object) -> Failure | None:
        return _wrong(values_differ(task.checker, result, task.cases[index][1], task.tolerance))

    return compare


def _wrong(difference: str | None) -> Failure | None:
    return Failure(f"wrong answer: {difference}") if difference else None

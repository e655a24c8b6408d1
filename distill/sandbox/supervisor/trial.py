"""The tests of one task, in their order, and what all of them amount to. Each has one try."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from distill.sandbox.supervisor.expected import Compare, shown_test
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.task import Task, TaskDecision


class Showing(NamedTuple):
    """What one process showed: what the tests gave that it got through, and why it ended before the last, if it did."""

    results: Sequence[object]
    failure: Failure | None
    cpu_s: float = 0.0


class Trial:
    """Tests, one process after the other, until one is failed; with `all_tests` to the end, counting.

    What a test has shown is final, wherever it ran. Only a test that a process did not come to, because its time or
    memory went to the tests before, begins the next process.
    """

    def __init__(self, task: Task, compare: Compare) -> None:
        """Nothing is tested yet."""
        self._task = task
        self._compare = compare
        self._total = len(task.cases)
        self._position = self._num_passed = 0
        self._first: tuple[int, Failure] | None = None
        self._stopped_by: Failure | None = None

    def remaining(self) -> range:
        """The indices of the tests to run next, in a fresh process; none where the decision is clear."""
        is_over = self._stopped_by is not None or (self._first is not None and not self._task.all_tests)
        return range(self._total if is_over else self._position, self._total)

    def add(self, tested: Showing) -> None:
        """Take in what a process showed of the remaining tests."""
        begin = self._position
        for result in tested.results:
            self._note(self._compare(self._position, result))
            if not self.remaining():
                return
        failure = tested.failure
        if failure is None or (failure.is_used_up and self._position > begin):
            return
        if failure.is_ours:
            self.stop(failure)
        else:
            self._note(failure)

    def stop(self, why: Failure) -> None:
        """End the trial: tests that were not run are not passed."""
        self._stopped_by = why

    def decision(self) -> TaskDecision:
        """What the tests that were run amount to."""
        if self._stopped_by is not None and self._stopped_by.is_ours:
            return TaskDecision("abstain", self._stopped_by.reason)
        if self._stopped_by is not None:
            return self._failed(self._stopped_by.reason)
        if self._first is not None:
            index, failure = self._first
            found = self._failed(f"test {index + 1}: {failure.reason}")
            return found._replace(failed_test=shown_test(self._task, index, failure))
        total = self._total
        return TaskDecision("pass", "passed the only test" if total == 1 else f"passed all {total} tests", total, total)

    def _note(self, failure: Failure | None) -> None:
        if failure is not None and failure.is_ours:
            self.stop(failure)
        elif failure is None:
            self._num_passed += 1
        elif self._first is None:
            self._first = (self._position, failure)
        self._position += 1

    def _failed(self, reason: str) -> TaskDecision:
        counted = f"{reason}; passed {self._num_passed} of {self._total}" if self._task.all_tests else reason
        return TaskDecision("fail", counted, self._num_passed, self._total)


def decide(task: Task, test: Callable[[range], Showing], compare: Compare) -> TaskDecision:
    """Try a task's tests, within the CPU time that it has for all of them together.

    `test` runs a process on the tests that remain, or on the first of them, and shows at least one or says why not.
    """
    trial, spent_s = Trial(task, compare), 0.0
    while remaining := trial.remaining():
        if spent_s > task.program_s:
            trial.stop(Failure(f"time limit: {task.program_s:g} s for all tests together"))
            break
        tested = test(remaining)
        spent_s += tested.cpu_s
        trial.add(tested)
    return trial.decision()

"""The tests of one task: which to run next, and what all of them amount to."""

import time
from collections.abc import Callable
from typing import NamedTuple

from distill.sandbox.supervisor.expected import Compare
from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.task import Task, TaskDecision

_BATCH, _MAX_BATCH = 16, 128
"""Tests in one process, at first and at most; each is an open file, of which a message carries 253."""


class BatchResult(NamedTuple):
    """What a run showed: how many tests it got through, with what; and why it ended before the last, if it did."""

    results: list[object]
    failure: Failure | None


class Trial:
    """Tests in batches of growing size, each in one process, until something really fails.

    Only the first test of a batch had a fresh process, so only its failure is final; a later one that fails, or is
    not reached, begins the next batch. With `all_tests` the trial goes on after a failure, and counts.
    """

    def __init__(self, task: Task, compare: Compare, batch: int = _BATCH, max_batch: int = _MAX_BATCH) -> None:
        """Nothing is tested yet; `batch` and `max_batch` are how many tests a run takes, at first and at most."""
        self._total = len(task.cases)
        self._tries_all = task.all_tests
        self._compare = compare
        self._size, self._max_size = batch, max_batch
        self._position = 0
        self._failures: list[tuple[int, Failure]] = []
        self._stopped_by: Failure | None = None

    def next_batch(self) -> range:
        """The indices of the tests to run next, in a fresh process; none where the decision is clear."""
        is_over = self._stopped_by is not None or (self._failures and not self._tries_all)
        first = self._total if is_over else self._position
        return range(first, min(self._total, first + self._size))

    def add(self, tested: BatchResult) -> None:
        """Take in what a run of the next batch showed."""
        num_passed, failure = self._passed(tested)
        self._position += num_passed
        self._size = min(2 * self._size, self._max_size)
        if failure is None or num_passed:
            return
        if failure.is_ours:
            self.stop(failure)
            return
        self._failures.append((self._position, failure))
        self._position += 1

    def stop(self, why: Failure) -> None:
        """End the trial: tests that were not run are not passed."""
        self._stopped_by = why

    def decision(self) -> TaskDecision:
        """What the tests that were run amount to."""
        total = self._total
        if self._stopped_by is not None and self._stopped_by.is_ours:
            return TaskDecision("abstain", self._stopped_by.reason)
        if self._stopped_by is not None:
            return self._failed(self._stopped_by.reason, is_starved=False)
        if self._failures:
            index, first = self._failures[0]
            is_starved = any(failure.is_starved for _, failure in self._failures)
            return self._failed(f"test {index + 1}: {first.reason}", is_starved=is_starved)
        return TaskDecision("pass", "passed the only test" if total == 1 else f"passed all {total} tests", total, total)

    def _failed(self, reason: str, *, is_starved: bool) -> TaskDecision:
        if not self._tries_all:
            return TaskDecision("fail", reason, is_starved=is_starved)
        num_passed = self._position - len(self._failures)
        shown = f"{reason}; passed {num_passed} of {self._total}"
        return TaskDecision("fail", shown, num_passed, self._total, is_starved)

    def _passed(self, tested: BatchResult) -> tuple[int, Failure | None]:
        """How many tests of a batch were passed in a row, and why the next was not."""
        for number, result in enumerate(tested.results):
            failure = self._compare(self._position + number, result)
            if failure:
                return number, failure
        return len(tested.results), tested.failure


def decide(
    task: Task,
    test: Callable[[range], BatchResult],
    compare: Compare,
    clock: Callable[[], float] = time.monotonic,
) -> TaskDecision:
    """Try a task's tests, within the time that it has for all of them together; `test` runs a batch."""
    trial, deadline = Trial(task, compare), clock() + task.program_s
    while batch := trial.next_batch():
        if clock() > deadline:
            trial.stop(Failure(f"time limit: {task.program_s:g} s for all tests together"))
            break
        trial.add(test(batch))
    return trial.decision()

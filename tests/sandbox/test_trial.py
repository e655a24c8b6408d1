"""A trial decides which tests to run next and what they amount to; the programs here are plain functions."""

from collections.abc import Callable

from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.trial import BatchResult, Trial, decide
from distill.sandbox.task import Task, TaskDecision

NUM_TESTS = 10


def task(*, all_tests: bool = False, program_s: float = 100) -> Task:
    cases: list[list[object]] = [[number, number] for number in range(NUM_TESTS)]
    return Task("", "python", "function", cases, 1.0, 64, program_s, all_tests=all_tests)


def compare(index: int, result: object) -> Failure | None:
    return None if result == index else Failure(f"wrong answer: {result}")


def tried(trial: Trial, run: Callable[[range], BatchResult]) -> TaskDecision:
    while batch := trial.next_batch():
        trial.add(run(batch))
    return trial.decision()


def echo(batch: range) -> BatchResult:
    """A right program: it gives back each number."""
    return BatchResult(list(batch), None)


def wrong_on_2_and_7(batch: range) -> BatchResult:
    return BatchResult([-1 if index in (2, 7) else index for index in batch], None)


def test_all_passed() -> None:
    assert tried(Trial(task(), compare), echo) == TaskDecision("pass", "passed all 10 tests", 10, 10)


def test_the_first_failure_ends_the_trial_and_counts_nothing() -> None:
    assert tried(Trial(task(), compare), wrong_on_2_and_7) == TaskDecision("fail", "test 3: wrong answer: -1")


def test_with_all_tests_the_trial_goes_on_and_counts() -> None:
    found = tried(Trial(task(all_tests=True), compare), wrong_on_2_and_7)
    assert found == TaskDecision("fail", "test 3: wrong answer: -1; passed 8 of 10", 8, 10)


def test_a_later_test_of_a_batch_that_fails_has_a_second_try_in_a_fresh_process() -> None:
    def leaky(batch: range) -> BatchResult:
        return BatchResult([batch.start], Failure("runtime error: state of the last test"))

    assert tried(Trial(task(), compare), leaky).outcome == "pass"


def test_a_sandbox_that_breaks_leaves_the_program_undecided() -> None:
    found = tried(
        Trial(task(all_tests=True), compare), lambda _: BatchResult([], Failure("sandbox error", is_ours=True))
    )
    assert found == TaskDecision("abstain", "sandbox error")


def test_the_time_limit_over_all_tests_leaves_the_share() -> None:
    passed_s = [0.0]

    def slow(batch: range) -> BatchResult:
        passed_s[0] += 4
        return BatchResult([batch.start], Failure("time limit: 4 s"))

    found = decide(task(all_tests=True, program_s=10), slow, compare, clock=lambda: passed_s[0])
    assert found == TaskDecision("fail", "time limit: 10 s for all tests together; passed 3 of 10", 3, 10)

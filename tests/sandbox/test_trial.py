"""A trial decides which tests to run next and what they amount to; the programs here are plain functions."""

from collections.abc import Callable

from distill.sandbox.supervisor.failure import Failure
from distill.sandbox.supervisor.trial import Showing, decide
from distill.sandbox.task import ShownTest, Task, TaskDecision

NUM_TESTS = 10
Run = Callable[[range], Showing]


def task(*, all_tests: bool = False, program_s: float = 100) -> Task:
    cases: list[list[object]] = [[number, number] for number in range(NUM_TESTS)]
    return Task("", "python", "function", cases, 1.0, 64, program_s, all_tests=all_tests)


def compare(index: int, result: object) -> Failure | None:
    return None if result == index else Failure(f"wrong answer: {result}", got=str(result))


def tried(run: Run, *, all_tests: bool = False, program_s: float = 100) -> TaskDecision:
    return decide(task(all_tests=all_tests, program_s=program_s), run, compare)


def all_at_once(remaining: range) -> Showing:
    """A right function: it gives back each number."""
    return Showing(list(remaining), None)


def one_by_one(remaining: range) -> Showing:
    """A right program, which runs once a test."""
    return Showing([remaining.start], None)


def wrong_on_2_and_7(remaining: range) -> Showing:
    return Showing([-1 if index in (2, 7) else index for index in remaining], None)


def test_all_passed() -> None:
    for run in (all_at_once, one_by_one):
        assert tried(run) == TaskDecision("pass", "passed all 10 tests", 10, 10)


def test_the_first_failure_ends_the_trial_and_is_shown() -> None:
    shown = ShownTest(3, "2", "2", "-1")
    assert tried(wrong_on_2_and_7) == TaskDecision("fail", "test 3: wrong answer: -1", 2, 10, shown)


def test_with_all_tests_the_trial_goes_on_and_counts() -> None:
    found = tried(wrong_on_2_and_7, all_tests=True)
    assert found[:4] == ("fail", "test 3: wrong answer: -1; passed 8 of 10", 8, 10)


def test_what_a_test_has_shown_is_final() -> None:
    asked: list[int] = []

    def learning(remaining: range) -> Showing:
        asked.append(remaining.start)
        return Showing([remaining.start, -1], None) if len(asked) == 1 else all_at_once(remaining)

    assert tried(learning).reason == "test 2: wrong answer: -1"
    assert asked == [0]


def test_an_error_in_a_later_test_is_final_too() -> None:
    def raising(remaining: range) -> Showing:
        return Showing([remaining.start], Failure("runtime error: state of the last test"))

    assert tried(raising).reason == "test 2: runtime error: state of the last test"


def test_a_test_that_found_no_time_left_begins_the_next_process() -> None:
    def slow(remaining: range) -> Showing:
        return Showing(list(remaining)[:4], Failure("time limit: 1 s", is_used_up=True))

    assert tried(slow).outcome == "pass"


def test_a_test_that_is_too_slow_by_itself_fails() -> None:
    def stuck(remaining: range) -> Showing:
        return Showing(list(range(remaining.start, 5)), Failure("time limit: 1 s", is_used_up=True))

    assert tried(stuck)[:4] == ("fail", "test 6: time limit: 1 s", 5, 10)


def test_a_sandbox_that_breaks_leaves_the_program_undecided() -> None:
    found = tried(lambda _: Showing([], Failure("sandbox error", is_ours=True)), all_tests=True)
    assert found == TaskDecision("abstain", "sandbox error")


def test_a_judge_that_breaks_leaves_the_program_undecided() -> None:
    found = decide(task(), all_at_once, lambda *_: Failure("the checker is broken", is_ours=True))
    assert found == TaskDecision("abstain", "the checker is broken")


def test_the_time_limit_over_all_tests_leaves_the_count() -> None:
    def costly(remaining: range) -> Showing:
        return Showing([remaining.start], None, cpu_s=4)

    found = tried(costly, all_tests=True, program_s=10)
    assert found == TaskDecision("fail", "time limit: 10 s for all tests together; passed 3 of 10", 3, 10)

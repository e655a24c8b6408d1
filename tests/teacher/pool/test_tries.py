"""Which failures count against a request."""

from distill.teacher.pool.tries import MAX_OWN, MAX_UNREADABLE, Tries
from distill.teacher.trouble.kinds import Stumble

LOST = Stumble("the connection was reset")
FAULT = Stumble("HTTP 500", is_fault=True)


def test_a_connection_lost_while_others_are_answered_counts() -> None:
    tries = Tries(0)
    assert [tries.fail(LOST, heard) for heard in range(1, MAX_OWN + 1)] == [False] * (MAX_OWN - 1) + [True]


def test_an_outage_in_which_nobody_is_answered_counts_against_none() -> None:
    tries = Tries(7)
    assert not any(tries.fail(LOST, 7) for _ in range(100))


def test_a_fault_that_the_endpoint_states_counts_even_alone() -> None:
    tries = Tries(0)
    assert [tries.fail(FAULT, 0) for _ in range(MAX_OWN)][-1]


def test_a_busy_endpoint_and_an_absent_one_never_count() -> None:
    tries = Tries(0)
    busy, absent = Stumble("HTTP 429", is_overload=True), Stumble("HTTP 502", is_unreachable=True)
    assert not any(tries.fail(problem, heard) for heard in range(50) for problem in (busy, absent))


def test_an_answer_that_cannot_be_read_is_paid_for_at_most_twice() -> None:
    tries = Tries(0)
    unreadable = Stumble("no choices", is_unreadable=True)
    assert [tries.fail(unreadable, 0) for _ in range(MAX_UNREADABLE)] == [False, True]


def test_one_among_answers_that_can_be_read_is_trouble_like_any_other() -> None:
    tries = Tries(0)
    unreadable = Stumble("no choices", is_unreadable=True)
    assert [tries.fail(unreadable, 0, is_read=True) for _ in range(MAX_OWN)] == [False] * (MAX_OWN - 1) + [True]

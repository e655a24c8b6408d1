"""Whether an endpoint refuses one request or everything: told from which requests were sent first."""

import pytest

from distill.records import RefusalKind
from distill.teacher.pool.refusals import NUM_ALIKE, Refusals, alike
from distill.teacher.trouble.kinds import RequestRefused

KEY = RequestRefused("HTTP 401: no such key", RefusalKind.ACCESS)
SETTING = RequestRefused("HTTP 400: temperature is not supported", RefusalKind.SETTING)
CONTENT = RequestRefused("HTTP 403: flagged", RefusalKind.CONTENT)


def refused(refusals: Refusals, problem: RequestRefused, num_groups: int) -> list[bool]:
    return [refusals.refuse(refusals.send(), f"q{number}", problem) for number in range(num_groups)]


@pytest.mark.parametrize("problem", [KEY, SETTING])
def test_so_many_prompts_refused_alike_from_the_first_are_everything(problem: RequestRefused) -> None:
    num_needed = NUM_ALIKE[problem.kind]
    assert refused(Refusals(), problem, num_needed) == [False] * (num_needed - 1) + [True]


def test_samples_of_one_prompt_count_once() -> None:
    refusals = Refusals()
    assert not any(refusals.refuse(refusals.send(), "q1", KEY) for _ in range(20))


def test_refusals_come_sooner_than_answers_so_an_earlier_request_under_way_speaks_for_the_endpoint() -> None:
    refusals = Refusals()
    slow = refusals.send()
    assert not any(refused(refusals, KEY, 20))
    refusals.end(slow)  # it broke off, without a word
    assert refusals.refuse(refusals.send(), "q20", KEY)


def test_an_answer_clears_the_endpoint_of_what_was_refused_before() -> None:
    refusals = Refusals()
    refused(refusals, KEY, 3)
    refusals.accept()
    assert not any(refused(refusals, KEY, 3))


def test_after_an_answer_only_a_key_can_still_be_refused_for_everything() -> None:
    refusals = Refusals()
    refusals.accept()
    assert not any(refused(refusals, SETTING, 50))
    assert refused(refusals, KEY, 4)[-1]


def test_what_a_prompt_says_never_concerns_the_others() -> None:
    assert not any(refused(Refusals(), CONTENT, 50))


def test_different_words_are_different_refusals() -> None:
    refusals = Refusals()
    words = ("a", "b", "c", "d")
    assert not any(
        refusals.refuse(refusals.send(), f"q{word}", RequestRefused(f"HTTP 403: {word}", RefusalKind.ACCESS))
        for word in words
    )


def test_numbers_and_ids_do_not_tell_refusals_apart() -> None:
    first = RequestRefused("HTTP 400: 32768 tokens, request req_8f3a", RefusalKind.CONTEXT)
    second = RequestRefused("HTTP 400: 32768 tokens, request req_11bc", RefusalKind.CONTEXT)
    assert alike(first) == alike(second)

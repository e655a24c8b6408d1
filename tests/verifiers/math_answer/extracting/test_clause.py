"""The clause of a sentence that carries its value."""

import pytest

from distill.verifiers.math_answer.extracting.clause import asserted, main_clause
from distill.verifiers.math_answer.extracting.values import values


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        ("He has 4 boxes of 6, so there are 24 eggs", "so there are 24 eggs"),
        ("It lasts 9 weeks, since 3 cats eat 2 bags", "It lasts 9 weeks, "),
        ("If 5 seeds fail, 25 plants remain", " 25 plants remain"),
        ("The sum is 12", "The sum is 12"),
    ],
)
def test_it_begins_behind_conditions_and_conclusions_and_ends_before_reasons(body: str, clause: str) -> None:
    found = main_clause(body, values(body), is_marked=False)
    assert found.body[found.start : found.end] == clause


def test_a_chain_in_the_reason_proves_the_value() -> None:
    body = "The paper lasts for 48 days, because 6 x 8 = 48"
    assert main_clause(body, values(body), is_marked=False).is_proved


def test_the_value_that_a_verb_gives_is_asserted_and_two_of_them_are_not() -> None:
    one, two = "The square with side 8 has an area of 64", "The rent is 15 and the fee is 25"
    chosen, _ = asserted(main_clause(one, values(one), is_marked=False))
    assert chosen is not None
    assert chosen.text == "64"
    assert asserted(main_clause(two, values(two), is_marked=False)) == (None, "several values are stated")

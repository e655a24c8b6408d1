"""The tables of words."""

import pytest

from distill.verifiers.math_answer.extracting import markers


@pytest.mark.parametrize(
    "before", ["the sum is ", "so we get just ", "a total of $", "x = ", "总数是", "La somme vaut "]
)
def test_a_verb_or_a_sign_gives_what_stands_behind_it(before: str) -> None:
    assert markers.LINK.search(before)


@pytest.mark.parametrize("before", ["the pupils ", "it is long and ", "in "])
def test_other_words_do_not(before: str) -> None:
    assert not markers.LINK.search(before)


def test_a_denial_of_something_else_is_none_of_the_value() -> None:
    assert markers.DENIAL.search("which is not ")
    assert not markers.DENIAL.search("those not used are ")


def test_a_purpose_is_no_verb_that_gives_unless_it_must_be() -> None:
    assert markers.PURPOSE.search("flour to make ")
    assert not markers.PURPOSE.search("he has to pay ")

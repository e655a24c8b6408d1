"""Numbers in words."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.reading.spelled import spelled


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("minus eleven", "-11"),
        ("negative forty-two", "-42"),
        ("six and a half", r"6\frac12"),
        ("6 and three quarters", r"6\frac34"),
        ("five sixths", r"\frac56"),
        ("a third", r"\frac13"),
        ("a dozen", "12"),
        ("half", r"\frac12"),
        ("1 in 9", r"\frac19"),
        ("two out of seven", r"\frac27"),
        ("three hundred and seven", "307"),
        ("two thousand five hundred", "2500"),
        (r"\text{minus eleven}", "-11"),
        (r"4\text{ in }9", r"\frac49"),
    ],
)
def test_a_number_in_words_is_the_number(words: str, plain: str) -> None:
    assert parse(words) == parse(plain)


@pytest.mark.parametrize("words", ["north", "third", "six seven", "and", "hundred", "minus", "x in y", "nine percent"])
def test_other_words_are_no_number(words: str) -> None:
    assert spelled(words) is None

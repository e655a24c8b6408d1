"""What follows an answer."""

import pytest

from distill.verifiers.math_answer.reading.parse import bare_readings, parse, readings
from distill.verifiers.math_answer.tree import Num, Phrase


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"g(x) = 4x \text{ for all } x", "g(x) = 4x"),
        (r"g(x) = 4x, \forall x \in \mathbb{R}", "g(x) = 4x"),
        (r"\text{for all real } x,\ g(x) = 4x", "g(x) = 4x"),
        (r"y = x^2 + C, \text{ where } C \text{ is an arbitrary constant}", "y = x^2 + C"),
        (r"$w_1 = 3 w_2$, where $w_1$ is the weight of the heavier box", "w_1 = 3 w_2"),
        (r"t = 6k \text{ for any integer } k", r"t = 6k, k \in \mathbb{Z}"),
        (r"t = 6k, \text{ where } k \text{ is an integer}", r"t = 6k, k \in \mathbb{Z}"),
        (r"g(x) = 4 \text{ for all } x > 2", "g(x) = 4, x > 2"),
        (r"\forall x > 2,\ g(x) = 4", "g(x) = 4, x > 2"),
    ],
)
def test_a_remark_is_dropped_where_it_is_understood_and_else_an_item(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


def test_two_conditions_make_two_answers() -> None:
    assert parse(r"g(x) = 4 \text{ for } x > 2") != parse(r"g(x) = 4 \text{ for } x < 2")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"31, \text{ attained at } x = 2", "31"),
        (r"31 \text{ when } x = 2", "31"),
        (r"\textbf{(D)}\ 31", "31"),
        ("D. 31", "31"),
    ],
)
def test_the_bare_reading_leaves_out_what_is_said_besides(text: str, value: str) -> None:
    assert parse(value) in bare_readings(text)


def test_an_option_that_gives_letter_and_value_is_neither_alone() -> None:
    assert Num(31) not in readings(r"\textbf{(D)}\ 31")
    assert parse("(D) 31") != parse("(C) 31")


def test_a_yes_has_a_bare_reading_only_where_nothing_limits_it() -> None:
    assert bare_readings("Yes, it is continuous.") == (Phrase("yes"),)
    assert bare_readings("Yes, but only if n is even") == ()


@pytest.mark.parametrize("text", ["31", r"\frac{x}{2}", "where n = 6", r"\text{red}"])
def test_an_answer_without_a_remark_has_no_bare_reading(text: str) -> None:
    assert bare_readings(text) == ()

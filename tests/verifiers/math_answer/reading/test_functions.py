"""Functions, operators with a range, and numbers of choices."""

from fractions import Fraction

import pytest

from distill.verifiers.math_answer.reading.parse import parse, readings
from distill.verifiers.math_answer.tree import UnreadableError


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\sec^{-1} y", r"\arccos\frac{1}{y}"),
        (r"\csc^{-1}(y)", r"\operatorname{arcsin}\frac{1}{y}"),
        (r"\cot^{-1} y", r"\operatorname{arccot} y"),
        (r"\tanh^{-1} y", r"\operatorname{artanh} y"),
        (r"\operatorname{arcsec} y", r"\sec^{-1} y"),
        (r"\operatorname{sech} y", r"\frac{1}{\cosh y}"),
        (r"\operatorname{tg} y", r"\tan y"),
        ("9!!", "945"),
        ("10!!", "3840"),
        ("(2m)!!", "2^m m!"),
        (r"\Gamma(6)", "5!"),
        (r"\zeta(3)", r"\sum_{k=1}^{\infty} k^{-3}"),
        ("C_9^4", r"\binom{9}{4}"),
        (r"\mathrm{C}_{12}^{5}", r"\binom{12}{5}"),
        ("_9C_4", r"\binom{9}{4}"),
        ("{}^9C_4", r"\binom{9}{4}"),
        ("C_m^k", r"\binom{m}{k}"),
        ("A_9^4", r"\frac{9!}{(9-4)!}"),
        (r"\lim_{t\to 0}\frac{\tan 4t}{t} = 4", "4"),
        (r"\int_0^2 3t^2\,dt = 8", "8"),
        (r"\sum_{i=1}^{m} i = \frac{m(m+1)}{2}", r"\frac{m(m+1)}{2}"),
    ],
)
def test_other_notations_of_a_function_are_the_same_tree(text: str, plain: str) -> None:
    assert parse(text) in readings(plain) or str(parse(text)) == str(parse(plain))


def test_an_exponent_of_minus_one_inverts_and_does_not_divide() -> None:
    assert parse(r"\cot^{-1} y") != parse(r"\tan y")
    assert parse(r"g^{-1}(y)") != parse(r"\frac{y}{g}")


def test_both_conventions_of_the_inverse_cotangent_are_readings() -> None:
    assert parse(r"\frac{\pi}{2}-\arctan y") in readings(r"\operatorname{arccot} y")


def test_a_subscript_and_a_power_of_other_letters_are_no_choices() -> None:
    assert parse("B_9^4") == parse("(B_9)^4")
    assert parse("C_1^2") == parse("(C_1)^2")


def test_a_letter_that_a_sum_counts_with_is_no_imaginary_unit() -> None:
    assert str(parse(r"\sum_{i=1}^{4} i^2")) == str(parse(r"\sum_{j=1}^{4} j^2")).replace("'j'", "'i'")


@pytest.mark.parametrize("text", [r"\lim_{t\to 0} t", r"\int_0^2 t\,dt", "x!!", r"\zeta(\frac12)"])
def test_what_would_have_to_be_worked_out_is_not_read(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse(text)


def test_a_repeating_decimal_in_parentheses_is_its_fraction() -> None:
    assert [parse(text).value for text in ("0.(7)", "0.4(27)")] == [Fraction(7, 9), Fraction(47, 110)]  # type: ignore[union-attr]

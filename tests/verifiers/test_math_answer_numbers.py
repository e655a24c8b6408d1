"""Values in each arithmetic: exact, in doubles, and precise."""

from fractions import Fraction

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import equal
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.compiled import compiled
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.exact import EXACT
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.numbers.precise import Precise
from distill.verifiers.math_answer.reading.parse import parse

EXPONENTS = [Fraction(sign * top, bottom) for sign in (1, -1) for top in (1, 2, 4, 5) for bottom in (3, 7)]


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_all_arithmetics_agree_on_odd_roots_of_negative_numbers(exponent: Fraction) -> None:
    base = -(2**21)
    expected = float(EXACT.power(base, exponent, exponent))
    precise = Precise(200, is_real=True)
    power = precise.power(precise.number(base), precise.number(exponent), exponent)
    assert float(power) == pytest.approx(expected)
    assert FLOATS.power(float(base), float(exponent), exponent) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reference", "answer", "is_right"),
    [
        (r"-\frac{1}{\sqrt[3]{2}}", "(-2)^{-1/3}", True),
        (r"\frac{1}{\sqrt[3]{4}}", "(-2)^{-2/3}", True),
        (r"-\sqrt[3]{2}", "(-2)^{-1/3}", False),
        (r"\sqrt[3]{4}", "(-2)^{-2/3}", False),
        (r"\sqrt[3]{4}", "(-2)^{2/3}", True),
    ],
)
def test_a_negative_exponent_of_an_odd_root_inverts_it(reference: str, answer: str, is_right: bool) -> None:
    assert equal(reference, answer).outcome is (Outcome.PASS if is_right else Outcome.FAIL)


@pytest.mark.parametrize("text", ["x", r"\frac{x}{\sqrt{5}}", "x^{2/3}", "2^x", r"\max(x, 1, 2)", r"\sum_{k=1}^{3} kx"])
def test_a_compiled_expression_has_the_value_that_evaluation_gives(text: str) -> None:
    tree = parse(text)
    assert [compiled(tree)({"x": x}) for x in (0.5, 7.0)] == [evaluate(tree, FLOATS, {"x": x}) for x in (0.5, 7.0)]


def test_a_compiled_expression_has_no_value_where_evaluation_gives_none() -> None:
    for env in ({"x": 0.0}, {}):
        with pytest.raises(CannotEvaluateError):
            compiled(parse("1/x"))(env)

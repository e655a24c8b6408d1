"""Names, events and functions of arguments."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Apply, Num, Relation, Var


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("r(t) = 2", Apply("f:r", (Var("t"),))),
        ("u(x, t) = 2", Apply("f:u", (Var("x"), Var("t")))),
        (r"\Phi(x) = 2", Apply("f:Phi", (Var("x"),))),
        ("y(0) = 2", Apply("f:y", (Num(0),))),
        ("F_Y(y) = 2", Apply("f:F_Y", (Var("y"),))),
        ("g^{-1}(x) = 2", Apply("f:g^-1", (Var("x"),))),
        ("P(X = 4) = 2", Var("P(X=4)")),
        (r"P(A \mid B) = 2", Var("P(A|B)")),
    ],
)
def test_what_stands_before_the_sign_of_equality_is_what_is_defined(text: str, target: Apply | Var) -> None:
    assert parse(text) == Relation((target, Num(2)), ("=",))


def test_a_letter_before_parentheses_is_a_factor_elsewhere() -> None:
    assert parse("3r(t)") == parse("3rt")


def test_primes_may_follow_an_index() -> None:
    assert parse(r"v_{\text{max}}'") == Var("v_max'")

"""Points that are in one set and not in the other."""

import pytest

from distill.verifiers.math_answer.comparing.membership import are_apart, holds
from distill.verifiers.math_answer.reading.parse import parse


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("x^2<49", "|x|<7", False),
        ("x^2<49", r"x^2\le 49", True),
        ("x^4>81", "x>3", True),
        ("x+2y<z", "x+2y<2z", True),
        ("a<b<c", "b<a<c", True),
        (r"x\in(2,5]", "2<x<5", True),
        (r"2^x<8", "x<3", False),
    ],
)
def test_a_point_of_one_alone_sets_them_apart(a: str, b: str, verdict: bool) -> None:
    assert are_apart(parse(a), parse(b)) is verdict


def test_doubles_do_not_decide_at_a_boundary() -> None:
    assert holds(parse(r"x<\sqrt{2}\sqrt{2}"), {"x": 2}) is None

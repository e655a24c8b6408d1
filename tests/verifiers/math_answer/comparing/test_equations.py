"""Equations and inequalities: proportional ones, curves, and what sets them apart."""

import pytest

from distill.verifiers.math_answer.comparing.equations import same_relation
from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Relation


def verdict(a: str, b: str) -> bool | None:
    trees = parse(a), parse(b)
    assert isinstance(trees[0], Relation)
    assert isinstance(trees[1], Relation)
    return same_relation(trees[0], trees[1])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("3x-6y=9", "x-2y-3=0"),
        ("x^2+y^2-2x=8", "(x-1)^2+y^2=9"),
        ("2x+1>5y", "10y-4x<2"),
        ("xy=8", r"y=\frac{8}{x}"),
        ("1<x+y<3", "3>x+y>1"),
    ],
)
def test_equations_of_one_curve_are_the_same(a: str, b: str) -> None:
    assert verdict(a, b)
    assert verdict(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [("3x-6y=9", "3x-6y=-9"), ("x^2+y^2=9", "x^2+y^2=10"), ("xy=8", "x+y=8"), ("y=x^2", "y=x^3"), ("x+y<2", "x+y<=2")],
)
def test_a_point_on_one_curve_alone_sets_them_apart(a: str, b: str) -> None:
    assert verdict(a, b) is False
    assert verdict(b, a) is False


def test_a_pole_is_no_point_of_a_curve() -> None:
    assert verdict(r"\frac{1}{x}=y", r"xy-1=0") is not False


def test_relations_of_constants_are_compared_term_by_term() -> None:
    assert verdict("f(20)>1000", "f(20)>1001") is None

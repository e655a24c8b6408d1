"""Places where expressions may stop agreeing."""

from fractions import Fraction

import pytest

from distill.verifiers.math_answer.numbers import breakpoints
from distill.verifiers.math_answer.reading.parse import parse


@pytest.mark.parametrize("text", ["x^2+3x", r"\sin x + e^x", r"\frac{1}{x-2}"])
def test_what_is_smooth_has_no_branches(text: str) -> None:
    assert breakpoints.switches(parse(text)) == []


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("|x-40|+|x-44|", 40, 44), (r"\sqrt{(x+70)^2}+|x+72|", -72, -70), (r"\max(x, 90)+|x-94|", 90, 94)],
)
def test_a_point_lies_between_two_neighbouring_breakpoints(text: str, low: int, high: int) -> None:
    switches = breakpoints.switches(parse(text))
    places = [point["x"] for point in breakpoints.points(switches, [{"x": Fraction(1, 3)}])]
    assert any(low < place < high for place in places)
    assert min(places) < -(10**5) < 10**5 < max(places)


def test_every_variable_is_varied_around_every_base() -> None:
    bases: list[breakpoints.Point] = [{"x": Fraction(1), "y": Fraction(2)}, {"x": Fraction(3), "y": Fraction(4)}]
    points = list(breakpoints.points(breakpoints.switches(parse("|x|+|y|")), bases))
    for base in bases:
        assert len({point["y"] for point in points if point["x"] == base["x"]}) >= len(breakpoints.GRID)
        assert len({point["x"] for point in points if point["y"] == base["y"]}) >= len(breakpoints.GRID)

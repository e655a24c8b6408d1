"""Values with units, currencies and counting words."""

from fractions import Fraction

import pytest

from distill.verifiers.math_answer.reading.parse import parse, readings
from distill.verifiers.math_answer.tree import Num, Quantity, UnreadableError, Var, variables


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (r"\text{18 mm}^2", Quantity(Num(18), "mm^2")),
        (r"18\,\mathrm{\Omega}", Quantity(Num(18), "Ω")),
        (r"18\,\mathrm{\mu A}", Quantity(Num(18), "μA")),
        ("18 percent", Quantity(Num(18), "%")),
        ("18th", Quantity(Num(18), "th")),
        (r"18^{\text{th}}", Quantity(Num(18), "th")),
        (r"18 \mathrm{~N}-\mathrm{m}", Quantity(Num(18), "N *m")),
    ],
)
def test_a_value_and_its_unit_are_told_apart(text: str, tree: Quantity) -> None:
    assert parse(text) == tree


def test_a_decimal_before_a_lone_letter_may_be_a_measure() -> None:
    assert Quantity(Num(Fraction(27, 10), 2, 1), "m") in readings("2.7 m")
    assert all(not isinstance(tree, Quantity) for tree in readings("27 m"))


def test_letters_behind_a_power_are_a_unit_where_they_are_one() -> None:
    assert Quantity(parse("10^{9}"), "J/K") in readings("10^{9} J/K")


@pytest.mark.parametrize("text", [r"18 \text{ if } 3", r"18\text{ (wrong)}^2 ?"])
def test_words_that_are_no_unit_are_not_passed_over(text: str) -> None:
    with pytest.raises(UnreadableError):
        parse(text)


def test_a_spelled_letter_is_one_name() -> None:
    assert variables(parse("-7*hbar/30")) == {"hbar"}
    assert parse("hbar") == Var("hbar")

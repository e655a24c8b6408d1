"""Marks that only their surroundings explain."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Interval, Items, Num, Quantity, Relation, Tree


@pytest.mark.parametrize(
    ("text", "closed"),
    [("]3,8[", (False, False)), ("[3,8[", (True, False)), ("]3,8]", (False, True)), ("]3;8[", (False, False))],
)
def test_outward_brackets_are_open_ends(text: str, closed: tuple[bool, bool]) -> None:
    assert parse(text) == Interval(Num(3), Num(8), *closed)


def test_outward_brackets_stand_in_unions() -> None:
    assert parse(r"]-\infty,3[\cup]8,9]") == parse(r"]-\infty,3[ \cup (8,9]")


@pytest.mark.parametrize("text", ["(6|-7)", "(6, -7)", r"(6 \mid -7)"])
def test_a_bar_separates_the_coordinates_of_a_point(text: str) -> None:
    assert parse(text) == Items("(", (Num(6), Num(-7)))


def test_bars_in_parentheses_stay_absolute_values_where_they_come_in_pairs() -> None:
    assert parse("(|x|+1)^2") == parse(r"(\lvert x \rvert+1)^2")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("17 (pencils)", Quantity(Num(17), "pencils")),
        ("17 (t-shirts)", Quantity(Num(17), "t-shirts")),
        (r"17 \text{ (pencils)}", Quantity(Num(17), "(pencils)")),
    ],
)
def test_words_in_parentheses_are_what_is_counted(text: str, tree: Tree) -> None:
    assert parse(text) == tree


def test_a_rounded_value_in_parentheses_is_one_more_side() -> None:
    assert parse(r"3\sqrt{2}\ (\approx 4.24)") == parse(r"3\sqrt{2} \approx 4.24")


@pytest.mark.parametrize("text", [r"y = 2x\ (x > 4)", "y = 2x, x > 4"])
def test_a_condition_in_parentheses_is_an_item(text: str) -> None:
    tree = parse(text)
    assert isinstance(tree, Items)
    assert tree.items[1] == Relation((parse("x"), Num(4)), (">",))


@pytest.mark.parametrize(("text", "plain"), [(r"5 \lor 9", "5, 9"), (r"x=5 \lor x=9", "x=5, x=9")])
def test_a_logical_or_lists_alternatives(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)

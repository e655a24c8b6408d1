"""Bounds and how they are joined."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Interval, Items, Num, Phrase, SetOp


@pytest.mark.parametrize("text", ["31 or more", r"\text{at least } 31", r"\ge 31", r"\text{31 or more}", "at least 31"])
def test_a_bound_without_a_name_is_a_set_and_not_the_value(text: str) -> None:
    tree = parse(text)
    assert isinstance(tree, Interval)
    assert (tree.low, tree.is_low_closed) == (Num(31), True)


@pytest.mark.parametrize("text", [r"\ne 31", r"\text{not } 31"])
def test_a_denied_value_is_all_others(text: str) -> None:
    assert parse(text) == SetOp("minus", (SetOp("R"), Items("set", (Num(31),))))


def test_words_that_only_begin_like_a_bound_stay_words() -> None:
    assert isinstance(parse("under the bridge"), Phrase)
    assert parse("4 or 9") == parse("4, 9")


@pytest.mark.parametrize(
    ("text", "op"), [("x < 2 or x > 6", "union"), ("x > 2 and x < 6", "intersection"), ("x > 6 or x < 9", "union")]
)
def test_conditions_on_one_variable_are_joined_as_the_word_says(text: str, op: str) -> None:
    tree = parse(text)
    assert isinstance(tree, SetOp)
    assert tree.op == op


def test_a_condition_may_be_followed_by_its_interval() -> None:
    assert parse(r"t < -6: (-\infty, -6)") == SetOp("intersection", (parse("t < -6"), parse(r"(-\infty, -6)")))
    assert parse(r"\{t: t < -6\}") == parse("t < -6")


def test_groups_of_conditions_are_joined_too() -> None:
    assert parse(r"(x<2 \text{ or } x>6) \text{ and } x<9") == SetOp(
        "intersection", (parse("x<2 or x>6"), parse("x<9"))
    )


def test_conditions_on_two_variables_are_a_list() -> None:
    assert isinstance(parse("x < 2 or y > 6"), Items)

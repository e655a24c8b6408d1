"""Texts have the same numbers however often, and whether or not in the same order."""

import pytest

from distill.prompts.overlap.numbers import numbers_of
from distill.prompts.overlap.text import tokens


@pytest.mark.parametrize(
    ("first", "second", "same_set", "same_order"),
    [
        ("3 of 5, and 3 again", "3 in 5", True, True),
        ("3 of 5", "5 of 3", True, False),
        ("3 of 5", "3 of 6", False, False),
        ("nothing", "", True, True),
    ],
)
def test_sets_and_orders_of_numbers(first: str, second: str, *, same_set: bool, same_order: bool) -> None:
    sets, orders, _ = numbers_of(tokens([first, second]))
    assert (sets[0] == sets[1], orders[0] == orders[1]) == (same_set, same_order)


def test_small_numbers_tell_no_problem() -> None:
    assert numbers_of(tokens(["0, 1 or 2", "17 of 23 and 17", "one"])).num_telling.tolist() == [0, 2, 0]

"""The values of a sentence."""

from itertools import pairwise

import pytest

from distill.verifiers.math_answer.extracting.values import _pieces, values


def texts(text: str) -> list[str]:
    return [value.text for value in values(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 14 + m in all", ["14 + m"]),
        ("the point (2, -5) lies on it", ["(2, -5)"]),
        ("12 x 25 = 300 trips", ["300"]),
        ("y = 2x + 1", ["y = 2x + 1"]),
        ("1600g + 1000g = 2600g", ["2600g"]),
        ("1,284 visitors and 3.5 %", ["1,284", "3.5 %"]),
        ("a 400-meter race, the 5th, with H2O", []),
        ("it takes Max 90 + 125 = 215 minutes", ["215"]),
        ("from 2:15 until 6:30", ["2:15", "6:30"]),
        ("[75] or {3}", ["[75]", "{3}"]),
        ("- 5 apples", ["5"]),
        ("the angle is -5", ["-5"]),
        (r"so \frac{\pi}{4} remains", [r"\frac{\pi}{4}"]),
        (r"$x$ and $\frac{1}{2}$", ["x", r"\frac{1}{2}"]),
    ],
)
def test_a_value_is_a_whole_run_of_mathematics(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_chain_is_computed_a_relation_is_not() -> None:
    assert values("5 + 4 = 9")[0].is_computed
    assert not values("x = 9")[0].is_computed


def test_a_sum_is_unworked_and_a_broken_end_is_cut() -> None:
    assert values("$6.50 + $2.50")[0].is_unworked
    assert values("6r = 42 +")[0].is_cut
    assert values(r"\frac{1}{2")[0].is_cut


@pytest.mark.parametrize("text", ["1" * 500 + " and 5", "1," * 300, "$" * 400, r"\(" * 300, "x = " * 200, "((" * 300])
def test_every_character_is_looked_at_once(text: str) -> None:
    pieces = list(_pieces(text))
    assert all(before.end <= after.start for before, after in pairwise(pieces))
    assert len(values(text)) <= len(pieces) <= len(text)

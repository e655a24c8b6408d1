"""What belongs to a number behind it."""

import pytest

from distill.verifiers.math_answer.extracting.suffixes import is_operation, suffix, unit_after


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (" km/h on average", " km/h"),
        (" million people", " million"),
        (" apples", ""),
        (" in total", ""),
        ("% of it", r"\%"),
    ],
)
def test_known_units_and_counts_belong_to_a_number(rest: str, expected: str) -> None:
    assert suffix(rest) == expected


def test_signs_are_written_as_latex() -> None:
    assert [unit_after(rest) for rest in ("$ percent", "°", r"\) degrees", " x")] == [r"\%", r"^\circ", r"^\circ", ""]


def test_words_may_go_on_computing() -> None:
    assert is_operation(" to the power of 5")
    assert not is_operation(" times larger")

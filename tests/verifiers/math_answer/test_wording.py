"""Words: one spelling for what reads the same, and none for what does not."""

import pytest

from distill.verifiers.math_answer.wording import chemical, is_wordy, normal


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (r"\text{Rising on }(3, 7)", "rising on (3,7)"),
        (r"rising on $(3, \infty)$", r"\text{rising on } (3,\infty)"),
        ("The system is inconsistent", "no solution"),
        ("an equilateral triangle", "Equilateral"),
        ("True", "Yes"),
    ],
)
def test_the_same_words_have_one_spelling(text: str, other: str) -> None:
    assert normal(text) == normal(other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("rising on (3,7)", "rising on [3,7]"),
        ("rising on (3,7]", "rising on (3,7)"),
        ("rising on (-3,7)", "rising on (3,7)"),
        ("False", "Yes"),
    ],
)
def test_the_brackets_of_an_interval_are_part_of_what_is_said(text: str, other: str) -> None:
    assert normal(text) != normal(other)


def test_words_with_an_interval_are_still_words() -> None:
    assert is_wordy(normal(r"\text{rising on }(3,7]"))


def test_other_parentheses_are_only_punctuation() -> None:
    assert normal("blue (always)") == "blue always"


def test_lowered_digits_are_those_of_a_formula() -> None:
    assert chemical("C₆H₁₂O₆") == chemical("C_6H_{12}O_6") == "C6H12O6"

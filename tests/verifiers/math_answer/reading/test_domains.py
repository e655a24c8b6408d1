"""Sets of numbers by their letters and marks."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\mathbb{R}^+", r"\mathbb{R}_{>0}"),
        (r"\mathbb{R}_{>0}", r"]0,\infty["),
        (r"\mathbb{R}_{\ge 0}", r"[0,\infty)"),
        (r"\mathbb{R}^*", r"\mathbb{R}\setminus\{0\}"),
        ("ℤ^+", r"\mathbb{Z}_{>0}"),
        (r"\mathbb{N}^*", r"\mathbb{Z}_{\ge 1}"),
        (r"\mathbb{N}_0", r"\mathbb{Z}_{\ge 0}"),
    ],
)
def test_marks_choose_a_part_of_the_set(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("all real numbers except 6", r"\mathbb{R}\setminus\{6\}"),
        (r"\text{all real numbers except 6 and } 8", r"\mathbb{R}\setminus\{6,8\}"),
        (r"\text{all reals other than } t = 6", r"\mathbb{R}\setminus\{6\}"),
        ("all positive integers", r"\mathbb{Z}^+"),
        ("nonnegative real numbers", r"\mathbb{R}_{\ge 0}"),
    ],
)
def test_words_name_a_set_and_what_is_not_in_it(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


def test_sets_of_other_marks_differ() -> None:
    texts = (r"\mathbb{Z}", r"\mathbb{Z}^+", r"\mathbb{N}_0", r"\mathbb{R}^2", r"\mathbb{R}^3", r"\mathbb{R}_{<0}")
    assert len({parse(text) for text in texts}) == len(texts)

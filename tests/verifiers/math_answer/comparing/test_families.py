"""Unions of arithmetic progressions."""

import pytest

from distill.verifiers.math_answer.comparing.families import progressions, same_families
from distill.verifiers.math_answer.reading.parse import parse


def verdict(a: str, b: str) -> bool | None:
    families = progressions(parse(a)), progressions(parse(b))
    assert families[0]
    assert families[1]
    return same_families(families[0], families[1])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"x=\frac{k\pi}{4}", r"x=\frac{k\pi}{2}, x=\frac{\pi}{4}+\frac{k\pi}{2}"),
        (r"x=\frac{\pi}{5}+k\pi", r"x=\frac{\pi}{5}-n\pi"),
        (r"x=\pm\frac{\pi}{3}+2k\pi", r"x=\frac{\pi}{3}+2k\pi, x=\frac{5\pi}{3}+2k\pi"),
        (r"x=7k+3, k\in\mathbb{Z}", r"x=7m-4, m\in\mathbb{Z}"),
    ],
)
def test_the_same_values_make_one_family(a: str, b: str) -> None:
    assert verdict(a, b)
    assert verdict(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [(r"x=\frac{k\pi}{4}", r"x=\frac{k\pi}{2}"), (r"x=\frac{\pi}{5}+k\pi", r"x=\frac{2\pi}{5}+k\pi")],
)
def test_a_value_of_one_alone_sets_them_apart(a: str, b: str) -> None:
    assert verdict(a, b) is False


@pytest.mark.parametrize("text", ["2k+1", "x=k", r"\frac{\pi}{3}", r"k^2\pi"])
def test_a_letter_that_nothing_makes_an_integer_is_no_family(text: str) -> None:
    assert progressions(parse(text)) is None

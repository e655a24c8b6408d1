"""Notations that only the other side explains."""

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import equal
from distill.verifiers.math_answer.comparing.rewrites import rewritten
from distill.verifiers.math_answer.reading.parse import parse


@pytest.mark.parametrize(
    ("reference", "answer", "rewritten_answer"),
    [
        ("(1, 3]", r"x \in (1, 3]", "(1, 3]"),
        ("4", r"\{4\}", "4"),
        (r"\mathbb{Z}", r"\text{all integers}", r"\mathbb{Z}"),
        ("(2, -3)", "P(2, -3)", "(2, -3)"),
        ("10", "C(5, 2)", r"\binom{5}{2}"),
        (r"n\pi", r"x = n\pi, n \in \mathbb{Z}", r"x = n\pi"),
    ],
)
def test_the_reference_tells_how_an_answer_is_meant(reference: str, answer: str, rewritten_answer: str) -> None:
    ref = parse(reference)
    assert rewritten(ref, parse(answer)) == (ref, parse(rewritten_answer))


@pytest.mark.parametrize(
    ("reference", "answer"), [("(3, -2)", "3i - 2j"), (r"\begin{pmatrix}3\\-2\\1\end{pmatrix}", "3i - 2j + k")]
)
def test_a_sum_of_unit_vectors_is_a_tuple_beside_one(reference: str, answer: str) -> None:
    assert equal(reference, answer).outcome is Outcome.PASS
    assert equal(answer, reference).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("reference", "answer"), [("5", "P(2, -3)"), ("3i - 2j", "3i - 2k"), ("(1, 2)", "C(1, 2, 3)"), ("x+1", "4")]
)
def test_what_no_reference_explains_stays_as_it_is(reference: str, answer: str) -> None:
    trees = parse(reference), parse(answer)
    assert rewritten(*trees) == trees

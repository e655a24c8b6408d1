"""Two references are surely different answers, or may be one."""

import pytest

from distill.prompts.overlap.answers import are_other_answers


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("504 (books)", "504.0"),
        ("1/2", "0.5"),
        (r"\dfrac{64}{25}", r"$\frac{64}{25}$"),
        ("1,000", "1000"),
        (r"[-1, 0]", "[-1,0]"),
        ("Carbon dioxide", "carbon dioxide"),
        ("", "12"),
        ("C", "240"),
        ("because it is longer " * 30, "Because it is  longer " * 30),
    ],
)
def test_what_may_be_one_answer_is_not_another(first: str, second: str) -> None:
    assert not are_other_answers(first, second)
    assert not are_other_answers(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("3", "4"),
        ("6 (long pieces)", "3 (short pieces)"),
        (r"\frac{1}{2}", r"\frac{1}{3}"),
        ("A", "B"),
        ("463", r"\frac{2535}{463}"),
        ("x^2+1", "x^2-1"),
        ("because it is longer " * 30, "because it is shorter " * 30),
    ],
)
def test_disproved_ones_are_other_answers(first: str, second: str) -> None:
    assert are_other_answers(first, second)
    assert are_other_answers(second, first)

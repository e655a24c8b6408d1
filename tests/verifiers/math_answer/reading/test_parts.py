"""Answers in labelled parts."""

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import equal
from distill.verifiers.math_answer.reading.parts import parts


@pytest.mark.parametrize(
    ("text", "values"),
    [("(a) 4, (b) 9", ("4", "9")), ("(a) x+1; (b) x-1; (c) 0", ("x+1", "x-1", "0")), ("(a) .5 (b) .25", (".5", ".25"))],
)
def test_labels_in_their_order_part_an_answer(text: str, values: tuple[str, ...]) -> None:
    assert parts(text) == values


@pytest.mark.parametrize("text", ["(a)(b)", "(a+b)(c)", "(a) 4", "(b) 4, (a) 9", "f(a) = (b) c", "(a) , (b) 3"])
def test_letters_in_brackets_are_no_labels_elsewhere(text: str) -> None:
    assert parts(text) == ()


def test_parts_keep_their_order() -> None:
    assert equal("(a) 4, (b) 9", r"\text{(a) }4,\quad\text{(b) }9").outcome is Outcome.PASS
    assert equal("(a) 4, (b) 9", "4, 9").outcome is Outcome.PASS
    assert equal("(a) 4, (b) 9", r"\text{(a) }9,\quad\text{(b) }4").outcome is Outcome.FAIL

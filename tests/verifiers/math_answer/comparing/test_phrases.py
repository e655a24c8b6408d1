"""Answers in words."""

import pytest

from distill.verifiers.math_answer.comparing.phrases import same_phrases
from distill.verifiers.math_answer.tree import Num, Phrase, Ratio, Tree


@pytest.mark.parametrize(
    ("ref", "pred", "verdict"),
    [
        (Phrase("convex"), Phrase("convex"), True),
        (Phrase("convex"), Phrase("blue"), False),
        (Phrase("a convex polygon"), Phrase("convex"), None),
        (Phrase("convex"), Phrase("not convex"), False),
        (Phrase("increasing on r"), Phrase("decreasing on r"), False),
        (Phrase("tuesday"), Phrase("monday or tuesday"), False),
        (Phrase("day 4"), Phrase("day 5"), False),
        (Num(4), Phrase("about 4"), None),
        (Num(4), Phrase("about four"), None),
        (Num(4), Phrase("about 5"), False),
        (Num(4), Phrase("at least 4"), False),
        (Num(4), Phrase("not 4"), False),
        (Num(4), Phrase("many"), False),
        (Phrase("4:30pm"), Phrase("4:30am"), False),
        (Ratio((Num(16), Num(30)), is_clock=True), Phrase("4:30pm"), True),
        (Ratio((Num(4), Num(30)), is_clock=True), Phrase("4:30pm"), None),
        (Phrase("open on (1,4)"), Phrase("open on (1,4]"), False),
    ],
)
def test_words_are_the_same_others_or_open(ref: Tree, pred: Tree, verdict: bool | None) -> None:
    assert same_phrases(ref, pred) is verdict

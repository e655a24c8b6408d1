"""What is an answer, and what only stands in its place."""

from decimal import Decimal

import pytest

from distill.prompts.final_answer import is_answer, read_answer


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (["2"], "2"), ('["2"]', "2"), (["9.6\n"], "9.6"), ([5.0], "5"), (5.5, "5.5"), (Decimal("2.50"), "2.50"),
        (7, "7"), ("16\\\\\n\\noindent", "16"),
        (True, "True"), (["1", "2"], ("1", "2")), ("[1, 2]", "[1, 2]"), ("[0, 1)", "[0, 1)"),
        ("First \\boxed{1}, then \\boxed{2}", "2"), ("1+1 = 2\n#### 2", "2"),
    ],
)  # fmt: skip
def test_an_answer_is_freed_of_what_is_around_it(found: object, answer: object) -> None:
    assert read_answer(found) == answer


@pytest.mark.parametrize("found", [None, "", " ", "nan", "None", "null", "proof", "notfound", float("nan"), [], [""]])
def test_words_that_stand_for_no_answer_are_none(found: object) -> None:
    assert read_answer(found) is None


@pytest.mark.parametrize("reply", ["5", "-1/2", "$x^2$", "B", "Yes", "So \\boxed{5}.", "2+3\n#### 5", ["7"], 3])
def test_replies_that_are_or_mark_an_answer(reply: object) -> None:
    assert is_answer(reply)


@pytest.mark.parametrize("reply", ["The car accelerated rapidly.", "Paris", None, ["a", "b"], {"a": 1}])
def test_replies_that_are_talk(reply: object) -> None:
    assert not is_answer(reply)

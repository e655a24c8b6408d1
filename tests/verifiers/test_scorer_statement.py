"""Where a puzzle's answer stands in a text, and how it may be read."""

import pytest

from distill.verifiers.scorer.statement import Submission, find_statement, readings

GRID = "1 2\n3 4"


@pytest.mark.parametrize(
    ("answer", "text", "rule"),
    [
        (f"So:\n<answer>\n{GRID}\n</answer>\nDone.", GRID, "tagged"),
        ("<answer>no</answer> … wait … <answer>yes</answer>", "yes", "tagged"),
        ("<answer>1</answer> and \\boxed{2}", "1", "tagged"),
        ("The server stops at the end tag: <answer>yes", "yes", "tagged"),
        ("<answer></answer>", "", "tagged"),
        ("\\boxed{1} then \\boxed{\\{2\\}}", "\\{2\\}", "boxed"),
        (f"First:\n```\nx\n```\nAt last:\n```text\n{GRID}  \n```", GRID, "block"),
        ("```python\nprint(1)\n```\nThe answer is 3*(5 + 2)", "3*(5 + 2)", "marker"),
        ("The answer is below.\n```\nA B\n```", "A B", "block"),
        (f"**Final Answer:**\n\n{GRID}", GRID, "marker"),
        ("Answer: yes\n\nI checked it. It is right.", "yes", "marker"),
        ("\\boxed{1 \\frac{", "\\boxed{1 \\frac{", "unmarked"),
    ],
)
def test_the_last_mark_counts_and_lines_are_kept(answer: str, text: str, rule: str) -> None:
    found = find_statement(answer)
    assert found is not None
    assert (found.texts, found.rule, found.is_marked) == ((text,), rule, rule != "unmarked")


def test_an_empty_text_states_nothing() -> None:
    assert find_statement(" \n ") is None


def test_of_prose_that_marks_nothing_only_the_end_is_read() -> None:
    assert find_statement("I try. It works.\n\nSo we move\nL R U") == Submission(
        ("So we move\nL R U", "L R U"), "unmarked", is_marked=False
    )


def test_a_drawing_alone_is_read_whole() -> None:
    drawing = "1   2\n\n3   4"
    assert find_statement(drawing) == Submission((drawing, "3   4"), "unmarked", is_marked=False)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("**Monday.**", "Monday"),
        ("```json\n[1, 2]\n```", "[1, 2]"),
        ("\\boxed{\\text{No}}", "No"),
        ("$2 \\times 3$", "2 × 3"),
        ("$2 \\times 3$", "2 * 3"),
        ("\\(A \\rightarrow B\\)", "\\(A \\rightarrow B\\)"),
        ("A \\rightarrow B", "A → B"),
        ("1,234,567", "1234567"),
        ("1,2", "1,2"),
        ("x^2 − 1", "x**2 - 1"),
        ('"yes"', "yes"),
    ],
)
def test_markup_and_signs_may_be_read_in_several_ways(text: str, reading: str) -> None:
    assert reading in readings(Submission((text,), "tagged"))


def test_the_first_reading_is_the_text_itself() -> None:
    assert readings(Submission(("`a`",), "tagged")) == ["`a`", "a"]


def test_commas_of_a_list_stay() -> None:
    assert readings(Submission(("1, 2, 3",), "tagged")) == ["1, 2, 3"]

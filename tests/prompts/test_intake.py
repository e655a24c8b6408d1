"""A benchmark's row becomes problems with what its reference says."""

import pytest

from distill.prompts.intake import problems_of
from distill.rows.parse import Row

ASKED = "Which of the planets that circle our sun has the strongest winds and storms in its upper air?"


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"question": "What is 2 + 3?", "answer": "2 + 3 = 5\n#### 5"}, "5"),
        ({"problem": "What is 2 + 3?", "answer": 5}, ""),
        ({"problem": "What is 2 + 3?"}, ""),
        ({"question": ASKED, "choices": ["Mars", "Neptune"], "answer": "B"}, "Neptune"),
        ({"question": ASKED, "choices": ["Mars", "Neptune"], "answer": 1}, "Neptune"),
    ],
)
def test_a_problem_has_what_its_answer_says(row: Row, answer: str) -> None:
    assert {problem.answer for problem in problems_of(row, None, "row 1")} == {answer}


def test_a_choice_is_looked_for_with_and_without_its_options() -> None:
    found = problems_of({"question": ASKED, "choices": ["Mars", "Neptune"]}, None, "row 1")
    assert [problem.text for problem in found] == [f"{ASKED}\nMars\nNeptune", ASKED]

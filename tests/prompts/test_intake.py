"""A benchmark's row becomes problems with what its reference says."""

import pytest

from distill.prompts.intake import problems_of
from distill.prompts.sources.preset import plain_preset
from distill.rows.parse import Row

PRESET = plain_preset({"prompt": "question"})
ASKED = "Which of the planets that circle our sun has the strongest winds and storms in its upper air?"


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"question": "What is 2 + 3?", "answer": "2 + 3 = 5\n#### 5"}, "5"),
        ({"question": "What is 2 + 3?", "answer": 5}, "5"),
        ({"question": "What is 2 + 3?"}, ""),
        ({"question": ASKED, "choices": ["Mars", "Neptune"], "answer": "B"}, "Neptune"),
        ({"question": ASKED, "choices": ["Mars", "Neptune"], "answer": 1}, "Neptune"),
    ],
)
def test_a_problem_has_what_its_answer_says(row: Row, answer: str) -> None:
    assert {problem.answer for problem in problems_of(row, PRESET, "row 1")} == {answer}


def test_a_choice_is_looked_for_with_and_without_its_options() -> None:
    found = problems_of({"question": ASKED, "choices": ["Mars", "Neptune"]}, PRESET, "row 1")
    assert [problem.text for problem in found] == [f"{ASKED}\nMars\nNeptune", ASKED]

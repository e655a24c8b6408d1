"""Answers that are marked by their form."""

import pytest

from distill.verifiers.choice.marks import marked
from distill.verifiers.choice.tokens import MARK


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (r"So \boxed{\text{B}}.", [r"\text{B}"]),
        (r"\fbox{A} and \boxed {C}", ["A", "C"]),
        (r"\boxed B", ["B"]),
        ("<answer>B</answer>", ["B"]),
        ("<answer>B", ["B"]),
        ('{"reason": "x", "answer": "B"}', ["B"]),
        ("{'final_answer': 'B'}", ["B"]),
        ('{"answer": ["A", "C"]}', ['"A", "C"']),
        ('{"answer": 2}', ["2"]),
        (r'{"answer": "say \"B\""}', [r"say \"B\""]),
        ("no mark", []),
    ],
)
def test_contents(text: str, contents: list[str]) -> None:
    assert marked(text).contents == contents


def test_one_character_stands_for_each_mark() -> None:
    found = marked(rf"First \boxed{{A}}, then {MARK} and \boxed{{B}}.")
    assert found.text.count(MARK) == 2


def test_a_box_without_an_end_is_cut_off() -> None:
    assert marked(r"\boxed{A} or \boxed{\text{B}").is_cut
    assert not marked(r"\boxed{A}").is_cut

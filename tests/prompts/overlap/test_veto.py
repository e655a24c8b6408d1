"""Two alike texts are one problem, or differ in something that makes them two."""

import json
from pathlib import Path

import pytest

from distill.prompts.overlap.veto import difference

CASES = Path(__file__).parents[2] / "data" / "prompt_differences.jsonl"
PAIRS = [tuple(json.loads(line).values()) for line in CASES.read_text(encoding="utf-8").splitlines()]
OTHERS = [pair for pair in PAIRS if pair[0]]
COPIES = [pair[1:] for pair in PAIRS if not pair[0]]


@pytest.mark.parametrize(("what", "first", "second"), OTHERS)
def test_what_makes_another_problem_is_named(what: str, first: str, second: str) -> None:
    assert difference(first, second) == what


@pytest.mark.parametrize(("first", "second"), COPIES)
def test_a_copy_does_not_differ(first: str, second: str) -> None:
    assert difference(first, second) is None
    assert difference(first, first) is None


def test_a_problem_between_others_is_not_changed_by_their_numbers() -> None:
    problem = "A bag costs 40 dollars. How much do 3 bags cost?"
    shots = "A pen costs 7 dollars. How much do 5 pens cost? 35. A cup costs 6 dollars. How much do 2 cups cost? 12. "
    assert difference(problem, shots + problem) is None

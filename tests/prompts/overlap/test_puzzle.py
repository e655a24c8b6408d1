"""Puzzles of one task share all but a few signs, and are others nevertheless."""

import pytest

from distill.prompts.overlap.puzzle import puzzle_key
from distill.references import Scorer


def key(entry: dict[str, object], task: str = "maze", end: str = "") -> str:
    prompt = f"{entry.get('question')}{end}"
    return puzzle_key(Scorer.model_validate({"package": "reasoning-gym", "task": task, "entry": entry}), prompt)


RULES = "Each islander is a knight, who tells the truth, or a knave, who lies. " * 20
FIRST: dict[str, object] = {
    "question": RULES + "Ann says: Bo is a knave.",
    "answer": "a",
    "metadata": {"source_index": 3},
}


@pytest.mark.parametrize(
    "other",
    [
        {**FIRST, "question": RULES + "Bo says: Ann is a knave."},
        {**FIRST, "question": RULES + "Ann says:  Bo is a knave."},
        {"answer": "a", "metadata": {"board": [1]}},
    ],
)
def test_a_puzzle_that_differs_in_any_sign_is_another(other: dict[str, object]) -> None:
    assert key(FIRST) != key(other)


def test_the_same_question_is_the_same_puzzle_wherever_it_was_drawn_and_whatever_its_answer_looks_like() -> None:
    again: dict[str, object] = {
        "question": f"{FIRST['question']}\n",
        "answer": "A",
        "metadata": {"source_index": 9, "made": 1},
    }
    assert key(FIRST) == key(again)
    assert key(FIRST) != key(FIRST, "n_queens")


def test_without_a_question_it_is_what_the_scorer_looks_at() -> None:
    first: dict[str, object] = {
        "answer": None,
        "metadata": {"numbers": [2, 3], "target": 6, "source_index": 1, "difficulty": {}},
    }
    same: dict[str, object] = {
        "answer": None,
        "metadata": {"target": 6, "numbers": [2, 3], "source_index": 2, "difficulty": {"n": 1}},
    }
    other: dict[str, object] = {"answer": None, "metadata": {"numbers": [2, 3], "target": 5}}
    assert key(first) == key(same) != key(other)


def test_a_question_that_is_short_or_not_in_the_prompt_stands_for_it() -> None:
    assert key({"question": "?"}, end=" Factor 8.") != key({"question": "?"}, end=" Factor 9.")
    scorer = Scorer.model_validate({"package": "reasoning-gym", "task": "maze", "entry": FIRST})
    assert puzzle_key(scorer, "Factor 8.") != puzzle_key(scorer, "Factor 9.")
    assert key(FIRST, end="\nAnswer briefly.") == key(FIRST)

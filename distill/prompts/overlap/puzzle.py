"""Which puzzles are the same: the puzzle itself decides, since its rules and framing are those of all others. Pure."""

import json

from pydantic import JsonValue

from distill.references import Scorer

ABOUT_THE_DRAW = frozenset({"source_dataset", "source_index", "source_idx", "difficulty"})
"""What a package notes of how it came to a puzzle, which says nothing of the puzzle."""


MIN_QUESTION_CHARS = 20
"""A shorter question, or one that the prompt does not contain, may stand for another: then the whole prompt counts."""


def puzzle_key(scorer: Scorer, prompt: str) -> str:
    """Equal for puzzles that are one: of the same task, with the same question, in every sign, for it may be a drawing.

    Where the entry has no question, the answer and what else the scorer looks at. What the prompt says around the
    question, such as how to write the answer, does not count.
    """
    asked = scorer.entry.get("question")
    if not isinstance(asked, str) or not asked.strip():
        asked = json.dumps([scorer.entry.get("answer"), _known(scorer.entry.get("metadata"))], sort_keys=True)
    elif len(asked.strip()) < MIN_QUESTION_CHARS or asked.strip() not in prompt:
        asked = f"{asked}\n{prompt}"
    return json.dumps([scorer.package, scorer.task, asked.strip()])


def _known(noted: JsonValue) -> JsonValue:
    """What a package notes of a puzzle, without how it came to it."""
    return (
        {key: value for key, value in noted.items() if key not in ABOUT_THE_DRAW} if isinstance(noted, dict) else noted
    )

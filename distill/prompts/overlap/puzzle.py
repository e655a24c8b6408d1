"""Which puzzles are the same: the puzzle itself decides, since its rules and framing are those of all others. Pure."""

import json

from distill.references import Scorer

ABOUT_THE_DRAW = frozenset({"source_dataset", "source_index", "source_idx", "difficulty"})
"""What a package notes of how it came to a puzzle, which says nothing of the puzzle."""


def puzzle_key(scorer: Scorer) -> str:
    """Equal for puzzles that are one: of the same task, with the same question, in every sign, for it may be a drawing.

    Where the entry has no question, the answer and what else the scorer looks at. What the prompt says around it, such
    as how to write the answer, does not count.
    """
    asked = scorer.entry.get("question")
    if not isinstance(asked, str) or not asked.strip():
        noted = scorer.entry.get("metadata")
        known = (
            {key: value for key, value in noted.items() if key not in ABOUT_THE_DRAW}
            if isinstance(noted, dict)
            else noted
        )
        asked = json.dumps([scorer.entry.get("answer"), known], sort_keys=True)
    return json.dumps([scorer.package, scorer.task, asked.strip()])

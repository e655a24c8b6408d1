"""Whether the references of two prompts are different answers."""

import re

from distill.records import Outcome
from distill.rows.parse import LETTERS

MAX_CHARS = 300
"""A longer reference is an explanation, which no comparison decides on; two of them differ where their words do."""
_LETTER = re.compile(r"\(?[A-J][.)]?")


def are_other_answers(first: str, second: str) -> bool:
    r"""Whether two references are surely different answers: a disproof, as a verifier's `fail` is one.

    Where it stays open, and where one is empty, they are not; nor where one is the letter of an option and the other
    is not. Two letters are compared as they stand, so give the options' texts. Without sympy, in about a millisecond.

    >>> are_other_answers("504 (books)", "504.0"), are_other_answers(r"\dfrac12", "0.5"), are_other_answers("3", "4")
    (False, False, True)
    """
    first, second = first.strip(), second.strip()
    if not first or not second or first == second:
        return False
    if max(len(first), len(second)) > MAX_CHARS:
        return first.casefold().split() != second.casefold().split()
    if bool(_LETTER.fullmatch(first)) != bool(_LETTER.fullmatch(second)):
        return False
    from distill.verifiers.math_answer import equal  # loads the grammar of answers, which most runs never need

    return equal(first, second).outcome is Outcome.FAIL


def answer_text(answer: object, choices: object) -> str:
    """What an answer says alone: of a choice the option's text; empty where that stays open.

    >>> answer_text("B", ["Mars", "Venus"]), answer_text("7", None), answer_text("?", ["Mars", "Venus"])
    ('Venus', '7', '')
    """
    if not isinstance(choices, list | tuple) or not choices:
        return answer if isinstance(answer, str) else ""
    place = LETTERS.find(answer) if isinstance(answer, str) and len(answer) == 1 else answer
    if isinstance(place, int) and 0 <= place < len(choices):
        return str(choices[place])
    return answer if isinstance(answer, str) and answer in choices else ""

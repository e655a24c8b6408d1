"""The table that gpu-check prints, and its verdicts: values and functions over values."""

from collections.abc import Sequence
from typing import NamedTuple

from distill.formatting import markdown_table

ROOM = 0.10
"""Share by which memory may be above what was foretold; a card has about as much left."""
SLACK = 0.25
"""Share by which it may be below; the terms are summed as if all were there at once."""
EQUAL_FIRST = 0.9
"""Share of answers whose first tokens must agree: kernels round differently, so near-equal tokens may change places."""


class Row(NamedTuple):
    """One part of the check."""

    part: str
    what: str
    foretold: str
    measured: str
    verdict: str
    seconds: float


def table(rows: Sequence[Row]) -> str:
    """Markdown, ready for an issue.

    >>> print(table([Row("teacher", "64 prompts", "–", "61 right", "ok", 12.4)]))
    | part | what was done | foretold | measured | verdict | seconds |
    | :-- | :-- | :-- | :-- | :-- | --: |
    | teacher | 64 prompts | – | 61 right | ok | 12 |
    """
    head = ("part", "what was done", "foretold", "measured", "verdict", "seconds")
    return markdown_table(head, [(*row[:5], round(row.seconds)) for row in rows], "lllllr")


def failure(part: str, error: BaseException, seconds: float) -> Row:
    """A part that raised, with what it said; the last lines of a log say more than its first.

    >>> failure("lora", ValueError("no room"), 3).verdict
    'failed: no room'
    """
    said = " ".join(str(error).split()) or type(error).__name__
    return Row(part, "–", "–", "–", f"failed: {said if len(said) <= 300 else f'{said[:100]} … {said[-200:]}'}", seconds)


def memory_verdict(foretold: float, measured: float) -> str:
    """Whether a training took the memory that was foretold.

    >>> memory_verdict(100, 95), memory_verdict(100, 120), memory_verdict(100, 50)
    ('memory as foretold', 'memory 20 % above what was foretold', 'memory 50 % below what was foretold')
    """
    off = round(measured / foretold - 1, 3)
    if -SLACK <= off <= ROOM:
        return "memory as foretold"
    return f"memory {abs(off):.0%} {'above' if off > 0 else 'below'} what was foretold".replace("%", " %")


def answers_verdict(num_equal: int, num_equal_first: int, num_answers: int) -> str:
    """Whether a served export answers as the trainer's model.

    >>> answers_verdict(16, 16, 16), answers_verdict(9, 15, 16), answers_verdict(1, 8, 16)
    ('the same answers', 'the same model: kernels round differently', 'another model')
    """
    if num_equal == num_answers:
        return "the same answers"
    is_same = num_equal_first >= EQUAL_FIRST * num_answers
    return "the same model: kernels round differently" if is_same else "another model"

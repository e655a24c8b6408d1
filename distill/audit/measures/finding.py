"""What a measure finds in a trace. Pure."""

from typing import NamedTuple

MAX_EXCERPT_CHARS = 400
_GAP = "…"


class TraceFinding(NamedTuple):
    """One sign that something is wrong."""

    sign: str
    """Its name, by which traces are counted."""
    score: float
    """How bad it is; only compared with other scores of the same measure."""
    why: str
    excerpt: str
    is_certain: bool = True
    """False for a hint, which is counted apart."""


def excerpt(text: str, start: int, end: int) -> str:
    """What stands from `start` to `end`, with some text around it as far as there is room.

    >>> excerpt("0123456789" * 100, 500, 501)[:3], len(excerpt("0123456789" * 100, 500, 501))
    ('…12', 402)
    """
    end = min(end, start + MAX_EXCERPT_CHARS)
    before = (MAX_EXCERPT_CHARS - (end - start)) // 2
    begin = max(0, min(start - before, len(text) - MAX_EXCERPT_CHARS))
    stop = min(len(text), begin + MAX_EXCERPT_CHARS)
    return f"{_GAP if begin else ''}{text[begin:stop]}{_GAP if stop < len(text) else ''}"


def tail(text: str) -> str:
    """The end of a text."""
    return excerpt(text, len(text), len(text))

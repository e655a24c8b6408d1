"""Tokens ─▶ what a problem is about: its words, numbers and formulas, whatever the unknowns and the framing.

Words that only frame a task (`Please find the value of`) are left out, and every unknown becomes one
placeholder, so that renamed variables and reworded questions leave the same content.
"""

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from distill.prompts.overlap.text import is_operator, is_variable, tokens
from distill.prompts.overlap.vocabulary import FRAMING_WORDS, FUNCTIONS

T = TypeVar("T")
FRAMING = frozenset(token for word in FRAMING_WORDS for token in tokens(word))
UNKNOWN = "·"
"""Stands for every unknown of a formula."""
MAX_NAME_LETTERS = 4
"""`AB`, `PQR`: names of points, lines and figures are renamed like unknowns."""


def content(found: Sequence[str]) -> list[str]:
    r"""The content of a text's tokens, in order.

    >>> content(tokens(r"Find the value of $3x + 7$ if $x = 5$."))
    ['3', '·', '+', '7', '·', '=', '5']
    >>> content(tokens("In PQR, PQ = 5 and QR = 6. What is PR?")) == content(tokens("In ABC, AB = 5, BC = 6; find AC"))
    True
    """
    kinds = [_kind(token) for token in found]
    names = _names(found, kinds)
    kept = []
    for place, (token, kind) in enumerate(zip(found, kinds, strict=True)):
        if kind is _Kind.UNKNOWN or token in names:
            if any(not other[-1].isalpha() for other in _beside(found, place)):  # else `a` may be the article
                kept.append(UNKNOWN)
        elif kind is not _Kind.FRAMING:
            kept.append(token)
    return kept


def _beside(row: Sequence[T], place: int) -> Sequence[T]:
    return (*row[max(place - 1, 0) : place], *row[place + 1 : place + 2])


def _names(found: Sequence[str], kinds: Sequence["_Kind"]) -> set[str]:
    """Short words that name points: beside a sign (`AB = 5`), or made of the letters of such names (`ABC`)."""
    if _Kind.SIGN not in kinds:
        return set()
    short = [place for place, kind in enumerate(kinds) if kind is _Kind.SHORT]
    letters = set("".join(found[place] for place in short if _Kind.SIGN in _beside(kinds, place)))
    return {found[place] for place in short if letters.issuperset(found[place])} if letters else set()


class _Kind(Enum):
    UNKNOWN, FRAMING, SHORT, SIGN, OTHER = range(5)


@lru_cache(2**16)
def _kind(token: str) -> _Kind:
    """What a token may be; the same tokens come back in every text."""
    if is_variable(token):
        return _Kind.UNKNOWN
    if token in FRAMING:
        return _Kind.FRAMING
    if is_operator(token):
        return _Kind.SIGN
    could_name = 2 <= len(token) <= MAX_NAME_LETTERS and token.isascii() and token.isalpha()
    return _Kind.SHORT if could_name and token not in FUNCTIONS else _Kind.OTHER


@lru_cache(2**16)
def is_mathematical(token: str) -> bool:
    """Whether a token of the content belongs to a formula: a number, a sign, a function or an unknown."""
    return not token[-1].isalpha() or token in FUNCTIONS

"""Tokens ─▶ what problems are about: their words, numbers and formulas, whatever the unknowns and the framing.

Words that only frame a task (`Please find the value of`) are left out, and every unknown becomes one
placeholder, so that renamed variables and reworded questions leave the same content.
"""

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Ids, TokenChunk, mixed, run_places
from distill.prompts.overlap.spelling import KIND_BITS, Kind, identities, kinds, letters

UNKNOWN = identities(["x"])[0]
"""Stands for every unknown of a formula."""


def content(tokens: TokenChunk) -> TokenChunk:
    """The content of texts, given their tokens: the same texts with fewer tokens."""
    is_unknown, kept = _unknowns(tokens)
    found = tokens._replace(ids=np.where(is_unknown, UNKNOWN, tokens.ids)).select(kept)
    is_again = np.zeros(len(found.ids) + 1, np.bool_)
    is_again[1:-1] = (found.ids[1:] == UNKNOWN) & (found.ids[:-1] == UNKNOWN)
    is_again[found.starts] = False
    return found.select(~is_again[:-1])  # `A B` is `AB`


def renamed(tokens: TokenChunk) -> tuple[TokenChunk, Ids]:
    """The content of texts with the names of unknowns, and its ids with them by the order in which they appear."""
    is_unknown, kept = _unknowns(tokens)
    places = np.flatnonzero(is_unknown & kept)
    texts = np.searchsorted(tokens.starts, places, side="right") - 1
    named = mixed(tokens.ids[places]) ^ mixed(texts.astype(np.uint64) + np.uint64(1))
    _, firsts, same = np.unique(named, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    rank = np.empty(len(firsts), np.int64)
    rank[order] = run_places(np.bincount(texts[firsts], minlength=tokens.num_texts))
    ids = tokens.ids.copy()
    ids[places] = (rank[same].astype(np.uint64) << np.uint64(KIND_BITS)) | np.uint64(Kind.UNKNOWN)
    return tokens.select(kept), ids[kept]


def is_mathematical(ids: Ids) -> Flags:
    """Which tokens of the content belong to a formula: numbers, signs, functions and unknowns."""
    found: Flags = kinds(ids) <= Kind.FUNCTION
    return found


def is_number(ids: Ids) -> Flags:
    """Which tokens are numbers; a problem with another number is another problem."""
    found: Flags = kinds(ids) == Kind.NUMBER
    return found


def _unknowns(tokens: TokenChunk) -> tuple[Flags, Flags]:
    """Which tokens are unknowns, and which belong to the content."""
    found = kinds(tokens.ids)
    is_sign, is_number = found == Kind.SIGN, found == Kind.NUMBER
    is_unknown = (found == Kind.UNKNOWN) | _names(tokens, found == Kind.SHORT, is_sign)
    # an unknown that is beside no formula may be the article `a`
    return is_unknown, np.where(is_unknown, _is_beside(is_sign | is_number, tokens), found != Kind.FRAMING)


def _is_beside(wanted: Flags, tokens: TokenChunk) -> Flags:
    """Which tokens have one of the wanted ones as a neighbour in their text."""
    is_first = np.zeros(len(wanted) + 1, np.bool_)
    is_first[tokens.starts] = True
    beside = np.zeros(len(wanted), np.bool_)
    beside[1:] = wanted[:-1] & ~is_first[1:-1]
    beside[:-1] |= wanted[1:] & ~is_first[1:-1]
    return beside


def _names(tokens: TokenChunk, is_short: Flags, is_sign: Flags) -> Flags:
    """Short words that name points: beside a sign (`AB = 5`), or made of the letters of such names (`ABC`)."""
    names = np.zeros(len(is_short), np.bool_)
    short = np.flatnonzero(is_short)
    texts = np.searchsorted(tokens.starts, short, side="right") - 1
    masks = letters(tokens.ids[short])
    known: npt.NDArray[np.uint32] = np.zeros(tokens.num_texts, np.uint32)
    named = _is_beside(is_sign, tokens)[short]
    np.bitwise_or.at(known, texts[named], masks[named])
    names[short] = masks & ~known[texts] == 0
    return names

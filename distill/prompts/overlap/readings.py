"""Which texts need not be read closely, since they differ in nothing that could make them different problems."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Ids, Places, TokenChunk, mixed, run_places, sums
from distill.prompts.overlap.content import renamed

FACTOR = np.uint64(0x9E3779B97F4A7C15)
SHAPES = ("[asy]", "\\begin")
"""What begins drawings and tables, which tokens say little of."""
Codes = npt.NDArray[np.uint8]
_IS_OPEN, _IS_CLOSE = (np.isin(np.arange(256), list(kind)) for kind in (b"([{", b")]}"))
_IS_BRACKET = np.isin(np.arange(256), list(b"()[]{}_"))


def readings(texts: Sequence[str], tokens: TokenChunk) -> Ids:
    """A number for each text, given its tokens, that is equal for texts that say the same without closer reading.

    Their content is the same, with the same unknowns but for their names, and so are brackets and indices. Those with
    a drawing or a table are equal where every sign is.
    """
    found = renamed(tokens)
    lengths = np.diff(found.starts)
    powers: Ids = np.cumprod(np.full(max(int(lengths.max(initial=0)), 1), FACTOR), dtype=np.uint64)
    values = sums(mixed(found.ids) * powers[run_places(lengths)], found.starts[:-1], found.starts[1:])
    values += _brackets(tokens, found)
    for number, text in enumerate(texts):
        if any(shape in text for shape in SHAPES):
            values[number] = all_signs(text)
    return values


def all_signs(text: str) -> int:
    """A number that differs between texts that differ in any sign: a puzzle may be a drawing."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _brackets(tokens: TokenChunk, found: TokenChunk) -> Ids:
    """Brackets and indices of texts, with the number of the token that each is before."""
    codes = np.frombuffer(tokens.text, np.uint8)
    heads = np.flatnonzero(codes == 0)[: tokens.num_texts + 1]
    places = _without_single(np.flatnonzero(_IS_BRACKET[codes]), codes, tokens)
    cuts = np.searchsorted(places, heads)
    lengths = np.diff(cuts)
    following = np.where(codes[places + 1] == ord("{"), codes[places + 2], codes[places + 1])
    what = codes[places].astype(np.uint64) * np.uint64(256) + np.where(codes[places] == ord("_"), following, 0)
    before = np.searchsorted(found.begins, places) - np.repeat(found.starts[:-1], lengths)
    what = (what << np.uint64(20)) + before.astype(np.uint64)
    return sums(mixed((what << np.uint64(20)) + run_places(lengths).astype(np.uint64)), cuts[:-1], cuts[1:])


def _without_single(places: Places, codes: Codes, tokens: TokenChunk) -> Places:
    """Brackets without those around one token or none, which markup puts there."""
    before = np.searchsorted(tokens.begins, places)
    is_around: Flags = _IS_OPEN[codes[places[:-1]]] & _IS_CLOSE[codes[places[1:]]] & (np.diff(before) <= 1)
    gone = np.zeros(len(places), np.bool_)
    gone[:-1] |= is_around
    gone[1:] |= is_around
    return places[~gone]

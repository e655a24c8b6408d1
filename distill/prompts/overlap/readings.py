"""Which texts need not be read closely, since they differ in nothing that could make them different problems."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Ids, Places, TokenChunk, mixed, run_places, sums
from distill.prompts.overlap.content import renamed

FACTOR = np.uint64(0x9E3779B97F4A7C15)
Codes = npt.NDArray[np.uint8]
_IS_OPEN, _IS_CLOSE = (np.isin(np.arange(256), list(kind)) for kind in (b"([{", b")]}"))
_IS_BRACKET = np.isin(np.arange(256), list(b"()[]{}_"))
_IS_STOP, _IS_BLANK = (np.isin(np.arange(256), list(kind)) for kind in (b".?!", b" \n\t\0"))


class Readings(NamedTuple):
    """Two numbers for each text; texts of which one agrees say the same without closer reading."""

    whole: Ids
    """Equal where the content is the same, with the same unknowns but for their names, and the same brackets."""
    sentences: Ids
    """Equal where the sentences are the same in any order, brackets and unknowns included."""

    def take(self, texts: Places) -> "Readings":
        """Those of some texts."""
        return Readings(self.whole[texts], self.sentences[texts])

    def is_same(self, text: int, others: "Readings", other: int) -> bool:
        """Whether a text says what another one says."""
        is_whole = self.whole[text] == others.whole[other]
        return bool(is_whole or self.sentences[text] == others.sentences[other])

    def set(self, number: int, text: str) -> None:
        """Let a text be the same as another one only where every sign is: a puzzle may be a drawing."""
        self.whole[number] = self.sentences[number] = all_signs(text)


def readings(texts: Sequence[str], tokens: TokenChunk) -> Readings:
    """The readings of texts, given their tokens. A text with a drawing or a table is compared sign by sign."""
    codes = np.frombuffer(tokens.text, np.uint8)
    heads = np.flatnonzero(codes == 0)[: tokens.num_texts + 1]
    places = np.flatnonzero(_IS_STOP[codes])
    stops = places[_IS_BLANK[codes[places + 1]]]
    starts = np.sort(np.concatenate([heads, stops]))
    brackets = _without_single(np.flatnonzero(_IS_BRACKET[codes]), codes, tokens)
    named, ids = renamed(tokens)
    values, cuts = _values(named, codes, brackets, starts), np.searchsorted(starts, heads)
    whole = _values(named._replace(ids=ids), codes, brackets, heads)
    found = Readings(whole, sums(mixed(values), cuts[:-1], cuts[1:]))
    for number, text in enumerate(texts):
        if "[asy]" in text or "\\begin" in text:
            found.set(number, text)
    return found


def all_signs(text: str) -> int:
    """A number that differs between texts that differ in any sign."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _values(tokens: TokenChunk, codes: Codes, brackets: Places, heads: Places) -> Ids:
    """A number for the tokens and brackets from each head to the next one; the same for all without tokens."""
    starts = np.searchsorted(tokens.begins, heads)
    lengths = np.diff(starts)
    powers: Ids = np.cumprod(np.full(max(int(lengths.max(initial=0)), 1), FACTOR), dtype=np.uint64)
    values: Ids = sums(mixed(tokens.ids) * powers[run_places(lengths)], starts[:-1], starts[1:])
    cuts = np.searchsorted(brackets, heads)
    num_brackets = np.diff(cuts)
    following = np.where(codes[brackets + 1] == ord("{"), codes[brackets + 2], codes[brackets + 1])
    what = codes[brackets].astype(np.uint64) * np.uint64(256)
    what += np.where(codes[brackets] == ord("_"), following, 0).astype(np.uint64)
    before = np.searchsorted(tokens.begins, brackets) - np.repeat(starts[:-1], num_brackets)
    what = (what << np.uint64(20)) + before.astype(np.uint64)
    what = mixed((what << np.uint64(20)) + run_places(num_brackets).astype(np.uint64))
    values += sums(what, cuts[:-1], cuts[1:])
    return np.where(lengths > 0, values, np.uint64(0))


def _without_single(places: Places, codes: Codes, tokens: TokenChunk) -> Places:
    """Brackets without those around one token or none, which markup puts there."""
    before = np.searchsorted(tokens.begins, places)
    is_around: Flags = _IS_OPEN[codes[places[:-1]]] & _IS_CLOSE[codes[places[1:]]] & (np.diff(before) <= 1)
    gone = np.zeros(len(places), np.bool_)
    gone[:-1] |= is_around
    gone[1:] |= is_around
    return places[~gone]

r"""Texts ─▶ the tokens by which texts are compared, so that spelling, markup and layout make no difference.

`$b > 9$`, `b>9` and `b \gt 9` give the same tokens; so do `\dfrac{1}{2}`, `½` and `1/2`, `2\cdot x` and `2x`,
`1{,}000` and `1000`. What is lost on purpose: case, brackets, punctuation, currency signs, the multiplication
sign, drawings. The tokens are for comparing only; nothing that a teacher or a user sees is made of them.

All texts are read at once, as an array of characters: a pass over it costs less than a nanosecond a character.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Places, TokenChunk, run_places
from distill.prompts.overlap.markup import number_words, unlinked
from distill.prompts.overlap.options import stem
from distill.prompts.overlap.spelling import Kind, Spellings, hashes, identities, kinds, plain_numbers
from distill.prompts.overlap.vocabulary import SYMBOLS

Codes = npt.NDArray[np.uint8]
_DRAWING = re.compile(r"(\[asy\]|\\begin\{(?:asy|tikzpicture)\})|\[/asy\]|\\end\{(?:asy|tikzpicture)\}")
"""Where a drawing begins, or else ends."""
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}\0]*\}(?:\{[lcr|]*\})?")
_DIGIT_FRACTION = re.compile(r"frac\s*+(\d)\s*+(\d?)")
_FRACTION = re.compile(rb"\\[dtc]?frac\s*+(?=\{)")
_LABEL = re.compile(
    r"\0[^\w\0]*+(?:(?:problem|question|exercise|example|task|ex|q)\s*+(?:#\s*+)?\d+(?:\.\d+)*\s*[.:)]"
    r"|\(?\d{1,3}[.)]\s++(?=[a-z\\$]))"
)
"""`Problem 14.`, `3) `: the number of a problem in its book."""
_TIMES = re.compile(r" x (?<=\d x )(?=\d)")
"""`1.2 x 10^9`: the multiplication sign."""
_OTHER, _BLANK, _LETTER, _DIGIT, _CHARACTER, _SIGN = range(1, 7)
"""What a character may be; a `_CHARACTER` is a word by itself, in scripts without blanks."""
_BACKSLASH = ord("\\")


def _class(character: str) -> int:
    if character.isspace():
        return _BLANK
    if character in "<>!=+/^%-*":
        return _SIGN
    if re.match(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", character):
        return _CHARACTER
    if character.isdecimal():
        return _DIGIT
    return _LETTER if character.isalnum() else _OTHER


_ASCII = bytes([*(_class(chr(code)) for code in range(128)), *128 * [_OTHER]])
"""The class of each byte that is a character by itself."""
_CLASSES = np.zeros(0x110000, np.uint8)
"""The class of each code point beyond them, 0 where it has not been met."""
_SPELLINGS = Spellings()
_DEGREE = identities(["degree", "^"])


def tokens(texts: Sequence[str]) -> TokenChunk:
    r"""The comparable tokens of texts, in order.

    >>> len(set(map(tuple, tokens(["Find $b > 9$.", "find b>9", r"Find \(b \gt 9\)"]).ids.reshape(3, -1).tolist())))
    1
    """
    text = _plain(texts)
    codes = np.frombuffer(bytearray(text.encode("utf-8", "replace")), np.uint8)
    marks = _Marks(codes, _classes(codes, text))
    words, commands = marks.words()
    marks.numbers()
    marks.signs(words, commands)
    heads = np.flatnonzero(codes == 0)[: len(texts) + 1]
    if "frac" in text:
        marks.fractions(heads)
    return marks.chunk(heads)


def _plain(texts: Sequence[str]) -> str:
    r"""All texts in lower case and with plain signs, each behind a `\0`; nine of them at the end."""
    texts = [number_words(stem(unlinked(text))) for text in texts]
    joined = "\0".join(["", *(text if text.isascii() else _spell_signs(text) for text in texts)])
    if joined.count("\0") != len(texts) or "[asy]" in joined or "{asy}" in joined or "{tikzpicture}" in joined:
        joined = "\0".join(["", *(_without_drawings(_spell_signs(text).replace("\0", " ")) for text in texts)])
    joined = _LABEL.sub("\0 ", joined.lower()).replace("{,}", ",")
    if "\\begin" in joined or "\\end" in joined:
        joined = _ENVIRONMENT.sub(" ", joined)
    if " x " in joined:
        joined = _TIMES.sub(" ", joined)
    if "frac" in joined:
        joined = _DIGIT_FRACTION.sub(r"frac{\1} \2 ", joined)
    return joined + 9 * "\0"


def _spell_signs(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(SYMBOLS))


def _without_drawings(text: str) -> str:
    parts, kept, start = list[str](), 0, -1
    for mark in _DRAWING.finditer(text):
        if mark[1] and start < 0:
            start = mark.start()
        elif not mark[1] and start >= 0:
            parts.append(text[kept:start])
            kept, start = mark.end(), -1
    return " ".join([*parts, text[kept:]])


def _classes(codes: Codes, text: str) -> Codes:
    r"""The class of each byte, that of its character. An escaped character becomes a blank, but for `\%`."""
    found = np.frombuffer(bytearray(codes.tobytes().translate(_ASCII)), np.uint8)
    if not text.isascii():
        _mark_others(codes, found, text)
    slashes = np.flatnonzero(codes == _BACKSLASH)
    if len(slashes):
        runs = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        is_escape = run_places(np.diff(np.append(runs, len(slashes)))) % 2 == 0
        escaped = slashes[is_escape] + 1
        gone = escaped[(found[escaped] != _LETTER) & (codes[escaped] != ord("%")) & (codes[escaped] != 0)]
        codes[gone], found[gone] = ord(" "), _BLANK
        codes[slashes[~is_escape]] = ord(" ")
    return found


def _mark_others(codes: Codes, found: Codes, text: str) -> None:
    """Give each byte of the characters beyond ASCII their class."""
    characters = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    characters = characters[characters > 127]
    if not _CLASSES[characters].all():
        for code in np.unique(characters).tolist():
            _CLASSES[code] = _class(chr(code))
    firsts = np.flatnonzero(codes >= 0xC0)
    for place, least in enumerate((0xC0, 0xC0, 0xE0, 0xF0)):
        has_more = codes[firsts] >= least
        found[firsts[has_more] + place] = _CLASSES[characters[has_more]]


class _Marks:
    """Marks the tokens of texts: where each begins, and its last byte."""

    def __init__(self, codes: Codes, classes: Codes) -> None:
        self._codes, self._classes = codes, classes
        self._begin, self._last, self._plain, self._index = (np.zeros(len(codes), np.bool_) for _ in range(4))

    def words(self) -> tuple[Places, Flags]:
        r"""Mark runs of letters, with the `\` of a command without `'s`; gives where they begin, and the commands."""
        codes, is_letter = self._codes, self._classes == _LETTER
        edges = np.flatnonzero(is_letter[1:] != is_letter[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        before = codes[starts - 1]
        is_command = before == _BACKSLASH
        is_whole = (before != ord("'")) | ~is_letter[starts - 2]
        self._begin[(starts - is_command)[is_whole]] = True
        self._last[ends[is_whole] - 1] = True
        is_character = self._classes == _CHARACTER
        if is_character.any():
            places = np.flatnonzero(is_character & (codes >= 0xC0))
            self._begin[places] = self._last[places + 2] = True
        return starts, is_command

    def numbers(self) -> None:
        """Mark numbers, with the commas and the point inside; those with one spelling only; those that are indices."""
        codes, classes, is_digit = self._codes, self._classes, self._classes == _DIGIT
        edges = np.flatnonzero(is_digit[1:] != is_digit[:-1]) + 1
        starts, ends = edges[::2], edges[1::2]
        lengths, before, first = ends - starts, codes[starts - 1], codes[starts]
        is_near = np.append(False, starts[1:] == ends[:-1] + 1)[: len(starts)]
        has_point = is_near & (before == ord("."))
        has_point[1:] &= ~has_point[:-1]
        has_comma = is_near & (before == ord(",")) & (lengths == 3)
        has_comma[1:] &= (lengths[:-1] <= 3) & ~has_point[:-1]
        is_joined = has_point | has_comma
        has_more = np.append(is_joined[1:], False)[: len(starts)]
        has_dot = ~is_joined & (before == ord(".")) & ~_is_word(classes[starts - 2])
        self._begin[(starts - has_dot)[~is_joined]] = True
        self._last[ends[~has_more] - 1] = True
        is_plain = ~(is_joined | has_more | has_dot) & (first < 128) & ((first != ord("0")) | (lengths == 1))
        self._plain[starts[is_plain]] = True
        is_index = (before == ord("{")) & (codes[starts - 2] == ord("_")) & (codes[ends] == ord("}"))
        is_index |= before == ord("_")
        self._index[starts[is_plain & is_index & (lengths == 1) & (first <= ord("3"))]] = True

    def signs(self, words: Places, commands: Flags) -> None:
        """Mark signs. Of those with two characters the first becomes one that says both."""
        codes, classes = self._codes, self._classes
        places = np.flatnonzero(classes == _SIGN)
        sign, last, following = codes[places], codes[places - 1], codes[places + 1]
        is_first = (following == ord("=")) | ((classes[places + 1] == _BLANK) & (codes[places + 2] == ord("=")))
        is_second = _is_any(last, "<>!=") | ((classes[places - 1] == _BLANK) & _is_any(codes[places - 2], "<>!"))
        is_kept = _is_any(sign, "<>+/^%") | ((sign == ord("=")) & ~is_second) | (is_first & (sign == ord("!")))
        is_kept |= (sign == ord("-")) & ~_is_any(following, "->") & ~_hyphens(places, classes, words, commands)
        is_power = (sign == ord("*")) & (following == ord("*")) & (_is_word(classes[places - 1]) | (last == ord(")")))
        is_power &= _is_word(classes[places + 2]) | _is_any(codes[places + 2], "(-")
        codes[places[is_power]] = ord("^")
        for first, both in zip("><!", range(1, 4), strict=True):
            codes[places[is_first & (sign == ord(first))]] = both
        self._begin[places[is_kept | is_power]] = self._last[places[is_kept | is_power]] = True

    def fractions(self, heads: Places) -> None:
        r"""Put a `/` where the first brace of each `\frac{…}` closes."""
        codes = self._codes
        opened = np.array([match.end() for match in _FRACTION.finditer(codes.data)], np.int64)
        braces = np.flatnonzero((codes == ord("{")) | (codes == ord("}")))
        is_open = codes[braces] == ord("{")
        depth = np.cumsum(np.where(is_open, 1, -1)) + ~is_open
        order = np.argsort(np.searchsorted(heads, braces) * len(codes) + depth, kind="stable")
        ordered, is_open = braces[order], is_open[order]
        pairs = np.flatnonzero(is_open[:-1] & ~is_open[1:])
        closing = np.zeros(len(braces) + 1, np.int64)
        closing[order[pairs]] = ordered[pairs + 1]
        closed = closing[np.searchsorted(braces, opened)]
        closed = closed[closed > 0]
        codes[closed] = ord("/")
        self._begin[closed] = self._last[closed] = True

    def chunk(self, heads: Places) -> TokenChunk:
        """All that was marked."""
        begins, ends = np.flatnonzero(self._begin), np.flatnonzero(self._last) + 1
        read = self._codes.tobytes()
        hashed = hashes(read, begins, ends - begins)
        ids = plain_numbers(hashed)
        odd = np.flatnonzero(~self._plain[begins])
        ids[odd] = _SPELLINGS.ids(hashed[odd], read, begins[odd], ends[odd])
        chunk = TokenChunk(ids, np.searchsorted(begins, heads), read, begins, ends)
        return _without_indices(chunk.select(ids != 0), self._index)


def _hyphens(places: Places, classes: Codes, words: Places, commands: Flags) -> Flags:
    r"""Which signs stand between two words: `one-third` and `x-axis`, not `x-y` nor `\pi-x`."""
    is_letter = classes == _LETTER
    between: Flags = is_letter[places - 1] & is_letter[places + 1] & (is_letter[places - 2] | is_letter[places + 2])
    between[between] = ~commands[np.searchsorted(words, places[between]) - 1]
    return between


def _is_any(codes: Codes, characters: str) -> Flags:
    found: Flags = _table(characters)[codes]
    return found


@cache
def _table(characters: str) -> Flags:
    """For each byte whether it is one of these characters."""
    return np.isin(np.arange(256), list(characters.encode()))


def _is_word(classes: Codes) -> Flags:
    found: Flags = (classes == _LETTER) | (classes == _DIGIT) | (classes == _CHARACTER)
    return found


def _without_indices(chunk: TokenChunk, index: Flags) -> TokenChunk:
    """The tokens without the indices of unknowns, which go when they are renamed, and without the `^` of a degree."""
    ids, found = chunk.ids, kinds(chunk.ids)
    is_first = np.zeros(len(ids) + 1, np.bool_)
    is_first[chunk.starts] = True
    gone = index[chunk.begins]
    gone[1:] &= (found[:-1] == Kind.UNKNOWN) | (found[:-1] == Kind.SHORT)
    gone &= ~is_first[:-1]
    gone[:-1] |= (ids[:-1] == _DEGREE[1]) & (ids[1:] == _DEGREE[0]) & ~is_first[1:-1]
    return chunk.select(~gone)

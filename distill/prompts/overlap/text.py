r"""Texts ─▶ the tokens by which texts are compared, so that spelling, markup and layout make no difference.

`$b > 9$`, `b>9` and `b \gt 9` give the same tokens; so do `\dfrac{1}{2}`, `½` and `1/2`, `2\cdot x` and `2x`,
`1{,}000` and `1000`. What is lost on purpose: case, brackets, punctuation, currency signs, the multiplication
sign, drawings. The tokens are for comparing only; nothing that a teacher or a user sees is made of them.

All texts are read at once, as an array of characters: a pass over it costs less than a nanosecond a character.
"""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Places, TokenChunk, run_places
from distill.prompts.overlap.spelling import Kind, Spellings, hashes, identities, kinds, plain_numbers
from distill.prompts.overlap.vocabulary import SYMBOLS

Codes = npt.NDArray[np.uint32]
_DRAWING = re.compile(r"(\[asy\]|\\begin\{(?:asy|tikzpicture)\})|\[/asy\]|\\end\{(?:asy|tikzpicture)\}")
"""Where a drawing begins, or else ends."""
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}\0]*\}(?:\{[lcr|]*\})?")
_DIGIT_FRACTION = re.compile(r"frac\s*+(\d)\s*+(\d?)")
_FRACTION = re.compile(r"\\[dtc]?frac\s*+(?=\{)")
_LABEL = re.compile(
    r"\0[^\w\0]*+(?:(?:problem|question|exercise|example|task|ex|q)\s*+(?:#\s*+)?\d+(?:\.\d+)*\s*[.:)]"
    r"|\(?\d{1,3}[.)]\s++(?=[a-z\\$]))"
)
"""`Problem 14.`, `3) `: the number of a problem in its book."""
_OTHER, _BLANK, _LETTER, _DIGIT, _CHARACTER, _SIGN = range(1, 7)
"""What a character may be; a `_CHARACTER` is a word by itself, in scripts without blanks."""
_CLASSES = np.zeros(0x110000, np.uint8)
"""The class of each code point, 0 where it has not been met."""
_SPELLINGS = Spellings()
_DEGREE = identities(["degree", "^"])


def tokens(texts: Sequence[str]) -> TokenChunk:
    r"""The comparable tokens of texts, in order.

    >>> len(set(map(tuple, tokens(["Find $b > 9$.", "find b>9", r"Find \(b \gt 9\)"]).ids.reshape(3, -1).tolist())))
    1
    """
    text = _plain(texts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).copy()
    classes = _classes(codes)
    heads = np.flatnonzero(codes == 0)[: len(texts) + 1]
    begin, inside, plain, index = (np.zeros(len(codes), np.bool_) for _ in range(4))
    words, commands = _mark_words(codes, classes, begin, inside)
    _mark_numbers(codes, classes, (begin, inside, plain, index))
    signs = _signs(codes, classes, words, commands)
    if "frac" in text:
        signs = np.append(signs, _fraction_signs(codes, text, heads))
    begin[signs] = inside[signs] = True
    begins = np.flatnonzero(begin)
    inner = np.flatnonzero(inside)
    lengths = np.diff(np.append(np.flatnonzero(begin[inner]), len(inner)))
    hashed = hashes(codes[inner], lengths)
    ids = plain_numbers(hashed)
    odd = np.flatnonzero(~plain[begins])
    read = codes.tobytes().decode("utf-32-le", "surrogatepass")
    ids[odd] = _SPELLINGS.ids(hashed[odd], read, begins[odd], begins[odd] + lengths[odd])
    chunk = TokenChunk(ids, np.searchsorted(begins, heads), read, begins, begins + lengths)
    return _without_indices(chunk.select(ids != 0), index)


def _plain(texts: Sequence[str]) -> str:
    r"""All texts in lower case and with plain signs, each behind a `\0`; four of them at the end."""
    joined = "\0".join(["", *(text if text.isascii() else _spell_signs(text) for text in texts)])
    if joined.count("\0") != len(texts) or "[asy]" in joined or "{asy}" in joined or "{tikzpicture}" in joined:
        joined = "\0".join(["", *(_without_drawings(_spell_signs(text).replace("\0", " ")) for text in texts)])
    joined = _LABEL.sub("\0 ", joined.lower()).replace("{,}", ",")
    if "\\begin" in joined or "\\end" in joined:
        joined = _ENVIRONMENT.sub(" ", joined)
    if "frac" in joined:
        joined = _DIGIT_FRACTION.sub(r"frac{\1} \2 ", joined)
    return joined + "\0\0\0\0"


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


def _classes(codes: Codes) -> npt.NDArray[np.uint8]:
    r"""The class of each character. An escaped character becomes a blank, but for `\%`."""
    found = _CLASSES[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            _CLASSES[code] = _class(chr(code))
        found = _CLASSES[codes]
    slashes = np.flatnonzero(codes == ord("\\"))
    if len(slashes):
        runs = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
        is_escape = run_places(np.diff(np.append(runs, len(slashes)))) % 2 == 0
        escaped = slashes[is_escape] + 1
        gone = escaped[(found[escaped] != _LETTER) & (codes[escaped] != ord("%")) & (codes[escaped] != 0)]
        codes[gone], found[gone] = ord(" "), _BLANK
        codes[slashes[~is_escape]] = ord(" ")
    return found


def _class(character: str) -> int:
    if character.isspace():
        return _BLANK
    if character in "<>!=+/^%-*≤≥≠":
        return _SIGN
    if re.match(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", character):
        return _CHARACTER
    if character.isdecimal():
        return _DIGIT
    return _LETTER if character.isalnum() else _OTHER


def _mark_words(codes: Codes, classes: npt.NDArray[np.uint8], begin: Flags, inside: Flags) -> tuple[Places, Flags]:
    r"""Mark runs of letters, with the `\` of a command and without `'s`; returns where runs begin, and the commands."""
    is_letter = classes == _LETTER
    edges = np.flatnonzero(is_letter[1:] != is_letter[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    is_command = codes[starts - 1] == ord("\\")
    is_tail = (codes[starts - 1] == ord("'")) & is_letter[starts - 2]
    np.copyto(inside, is_letter | (classes == _CHARACTER))
    np.copyto(begin, classes == _CHARACTER)
    begin[starts - is_command] = inside[starts - is_command] = True
    begin[starts[is_tail]] = False
    lengths = (ends - starts)[is_tail]
    inside[np.repeat(starts[is_tail], lengths) + run_places(lengths)] = False
    return starts, is_command


def _mark_numbers(codes: Codes, classes: npt.NDArray[np.uint8], marks: tuple[Flags, Flags, Flags, Flags]) -> None:
    """Mark numbers, with the commas and the point inside; those with one spelling only; and those that are indices."""
    begin, inside, plain, index = marks
    is_digit = classes == _DIGIT
    edges = np.flatnonzero(is_digit[1:] != is_digit[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    lengths, before = ends - starts, codes[starts - 1]
    is_near = np.append(False, starts[1:] == ends[:-1] + 1)[: len(starts)]
    has_point = is_near & (before == ord("."))
    has_point[1:] &= ~has_point[:-1]
    has_comma = is_near & (before == ord(",")) & (lengths == 3)
    has_comma[1:] &= (lengths[:-1] <= 3) & ~has_point[:-1]
    is_joined = has_point | has_comma
    has_more = np.append(is_joined[1:], False)[: len(starts)]
    has_dot = ~is_joined & (before == ord("."))
    inside |= is_digit
    inside[starts[is_joined | has_dot] - 1] = True
    begin[(starts - has_dot)[~is_joined]] = True
    first = codes[starts]
    is_plain = ~(is_joined | has_more | has_dot) & (first < 128) & ((first != ord("0")) | (lengths == 1))
    plain[starts[is_plain]] = True
    is_index = (before == ord("_")) | (
        (before == ord("{")) & (codes[starts - 2] == ord("_")) & (codes[ends] == ord("}"))
    )
    index[starts[is_plain & is_index & (lengths == 1) & (first <= ord("3"))]] = True


def _signs(codes: Codes, classes: npt.NDArray[np.uint8], words: Places, commands: Flags) -> Places:
    """Where signs stand. Of those with two characters the first becomes one that says both."""
    places = np.flatnonzero(classes == _SIGN)
    sign, last, following = codes[places], codes[places - 1], codes[places + 1]
    is_first = (following == ord("=")) | ((classes[places + 1] == _BLANK) & (codes[places + 2] == ord("=")))
    is_second = _is_any(last, "<>!=") | ((classes[places - 1] == _BLANK) & _is_any(codes[places - 2], "<>!"))
    is_kept = _is_any(sign, "<>+/^%≤≥≠") | ((sign == ord("=")) & ~is_second)
    is_kept |= (sign == ord("-")) & ~_is_any(following, "->") & ~_hyphens(places, classes, words, commands)
    for first, both in zip("<>!", "≤≥≠", strict=True):
        codes[places[is_first & (sign == ord(first))]] = ord(both)
    is_kept |= is_first & (sign == ord("!"))
    is_power = (sign == ord("*")) & (following == ord("*")) & (_is_word(classes[places - 1]) | (last == ord(")")))
    is_power &= _is_word(classes[places + 2]) | _is_any(codes[places + 2], "(-")
    codes[places[is_power]] = ord("^")
    return places[is_kept | is_power]


def _hyphens(places: Places, classes: npt.NDArray[np.uint8], words: Places, commands: Flags) -> Flags:
    r"""Which signs stand between two words: `one-third` and `x-axis`, not `x-y` nor `\pi-x`."""
    is_letter = classes == _LETTER
    between = is_letter[places - 1] & is_letter[places + 1] & (is_letter[places - 2] | is_letter[places + 2])
    between[between] = ~commands[np.searchsorted(words, places[between]) - 1]
    return between


def _is_any(codes: Codes, characters: str) -> Flags:
    found = np.zeros(len(codes), np.bool_)
    for character in characters:
        found |= codes == ord(character)
    return found


def _is_word(classes: npt.NDArray[np.uint8]) -> Flags:
    return (classes == _LETTER) | (classes == _DIGIT) | (classes == _CHARACTER)


def _fraction_signs(codes: Codes, text: str, heads: Places) -> Places:
    r"""Where the first brace of each `\frac{…}` closes: there a `/` is put."""
    opened = np.array([match.end() for match in _FRACTION.finditer(text)], np.int64)
    braces = np.flatnonzero((codes == ord("{")) | (codes == ord("}")))
    if not len(opened) or not len(braces):
        return np.empty(0, np.int64)
    is_open = codes[braces] == ord("{")
    depth = np.cumsum(np.where(is_open, 1, -1)) + ~is_open
    order = np.argsort(np.searchsorted(heads, braces) * len(text) + depth, kind="stable")
    ordered = braces[order]
    closing = np.full(len(codes), -1, np.int32)
    is_pair = is_open[order][:-1] & ~is_open[order][1:]
    closing[ordered[:-1][is_pair]] = ordered[1:][is_pair]
    closed = closing[opened]
    closed = closed[closed > 0].astype(np.int64)
    codes[closed] = ord("/")
    return closed


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

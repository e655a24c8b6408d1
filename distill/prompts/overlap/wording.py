r"""Text ─▶ a problem's parts that make it another problem when they change: numbers, formulas, names, drawings.

Unlike the tokens by which texts are compared, these keep case, parentheses, indices, drawings and options. They are
read for pairs only that are alike by their tokens.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from distill.prompts.overlap.markup import ALL_FUNCTIONS, DRAWING, TABLE, cut, plain, spell_signs, unlinked
from distill.prompts.overlap.options import split_options
from distill.prompts.overlap.vocabulary import FRAMING_WORDS, GREEK, NUMBER_WORDS

_EXAMPLE = re.compile(r"\(?\b(?:for example|e\.g\.)[^.()]{0,300}[.)]", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3}(?!\d)){1,99}(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<word>[A-Za-z]+|[\u0370-\u03ff]|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])"
    r"|(?P<sign>[<>!]\s?=|[-+*/^_=<>,()\[\]])"
    r"|(?P<stop>[.;:?!\n，。；：？！、]+)"
)
SAME_SIGN = {"*": "", "==": "=", "! =": "!=", "< =": "<=", "> =": ">="}
MAX_NAME_LETTERS = 5
_VOWELS = frozenset("aeiouy")
_NESTED = re.compile(r"(?:[A-Za-z]\s*\(\s*){2,99}")
ASKING = frozenset(
    "find what how compute determine evaluate simplify solve which calculate prove express write count 求 几 少".split()
)
STOP = "."
"""Between sentences."""


class Wording(NamedTuple):
    """A problem as it is put, taken apart."""

    words: tuple[str, ...]
    """Without framing, in order."""
    terms: frozenset[str]
    """All words and functions, in lower case."""
    asked_unknowns: frozenset[str]
    """Of the sentence that asks."""
    asked_formulas: tuple[tuple[str, ...], ...]
    unknowns: frozenset[str]
    depths: tuple[int, ...]
    """Of functions within functions: 3 for `f(f(f(x)))`."""
    sentences: tuple[frozenset[str], ...]
    """The words and numbers of each sentence."""
    is_denied: bool
    """Whether there is a `not`."""
    followed: dict[str, str]
    """Numbers that stand there once, and the word that follows."""
    numbers: frozenset[str]
    formulas: tuple[tuple[str, ...], ...]
    """Signs, numbers and functions side by side; unknowns are left out, as they can be renamed."""
    flat: str
    """All formulas one after the other, between blanks."""
    names: tuple[str, ...]
    """`ABC`, in order: what is written in capitals."""
    matrices: tuple[str, ...]
    """The entries of matrices and tables, in order; unknowns by the order in which they appear."""
    drawings: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]
    """The tokens of a choice's options, without unknowns."""


@lru_cache(4096)
def read(text: str) -> Wording:
    """Take a problem apart."""
    asked, drawings = cut(unlinked(text.lower() if text.isupper() else text), DRAWING)
    asked, options = split_options(asked)
    asked = spell_signs(asked)
    entries = [token for table in cut(asked, TABLE)[1] for token in tokens(plain(table))]
    found = _without_parentheses(list(tokens(plain(_EXAMPLE.sub(" ", asked)))))
    formulas, asking = tuple(formulas_of(found)), _asked(found)
    return Wording(
        words=tuple(token.lower() for token in found if is_word(token) and token.lower() not in FRAMING_WORDS),
        asked_unknowns=unknowns_of(asking),
        asked_formulas=tuple(formulas_of(asking)),
        unknowns=unknowns_of(found),
        depths=tuple(sorted(run[0].count("(") for run in _NESTED.finditer(asked))),
        terms=frozenset(token.lower() for token in found if len(token) > 1 and token.isalpha()),
        sentences=tuple(_sentences(found)),
        is_denied=any(token.lower() in ("not", "cannot", "never", "no", "except") for token in found),
        followed=_followed(found),
        numbers=frozenset(token for token in found if is_number(token)),
        formulas=formulas,
        flat=f" {' '.join(token for formula in formulas for token in formula)} ",
        names=tuple(token for token in found if len(token) > 1 and token.isascii() and token.isupper()),
        matrices=_renamed(entries),
        drawings=drawings,
        options=tuple(_option(option) for option in options),
    )


def _option(text: str) -> tuple[str, ...]:
    found = _without_parentheses(list(tokens(plain(spell_signs(text)))))
    return tuple(
        token.lower()
        for token in found
        if token != STOP and not (len(token) == 1 and token.isascii() and token.isalpha())
    )


def tokens(text: str) -> Iterator[str]:
    """Numbers, words, unknowns, signs; sentences end with a `STOP`."""
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        if kind == "number":
            token = token.replace(",", "")
            yield (token.rstrip("0").rstrip(".") if "." in token else token).lstrip("0") or "0"
        elif kind == "word":
            yield token if len(token) > 1 and token.isupper() else NUMBER_WORDS.get(token.lower(), token)
        elif kind == "stop":
            yield STOP
        elif not (token == "-" and re.match(r"[a-z]{3}", text[match.end() : match.end() + 3])):  # `15-gon`
            spelled = SAME_SIGN.get(token, token)
            if spelled:
                yield spelled


def is_number(token: str) -> bool:
    """Whether a token is a number."""
    return token[-1].isdigit()


def unknowns_of(found: Sequence[str]) -> frozenset[str]:
    """Letters that stand for something; `a`, `A` and `I` before a word are words."""
    following = [*found[1:], STOP]
    return frozenset(
        token
        for token, after in zip(found, following, strict=True)
        if len(token) == 1 and token.isascii() and token.isalpha() and not (token in "aAI" and is_word(after))
    )


@lru_cache(2**16)
def is_word(token: str) -> bool:
    """Whether a token is a word, not an unknown, a name of points or a part of a formula."""
    is_name = token.isascii() and (len(token) == 1 or (token.isupper() and len(token) <= MAX_NAME_LETTERS))
    if not token[0].isalpha() or is_name or token in ALL_FUNCTIONS or token in GREEK:
        return False
    return len(token) > 3 or not token.isascii() or not _VOWELS.isdisjoint(token.lower())


def _without_parentheses(found: list[str]) -> list[str]:
    """Without those around a single factor, which markup puts there, and around remarks in words."""
    kept: list[str] = []
    opened: list[int] = []
    for token in found:
        kept.append(token)
        if token == "(":
            opened.append(len(kept) - 1)
        elif token == ")" and opened:
            start = opened.pop()
            inside = kept[start + 1 : -1]
            is_sum = any(token in "+-/=<>,<=>=!=" for token in inside)
            if not is_sum or any(is_word(token) for token in inside):
                del kept[-1], kept[start]
    return kept


def formulas_of(found: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Runs of numbers, signs and functions that no word or comma interrupts, without an `=` at either end."""
    formula: list[str] = []
    depth = 0
    for token in [*found, STOP]:
        depth += (token == "(") - (token == ")")
        if token == STOP or (token == "," and depth <= 0) or is_word(token):
            while formula and formula[0] == "=":
                del formula[0]
            while formula and formula[-1] == "=":
                del formula[-1]
            if len(formula) > any(not part[0].isalpha() for part in formula) and not all(map(is_number, formula)):
                yield tuple(formula)
            formula, depth = [], 0
        elif is_number(token) or not token[0].isalpha() or token in ALL_FUNCTIONS:
            formula.append(token)


def _sentences(found: Sequence[str]) -> Iterator[frozenset[str]]:
    sentence: set[str] = set()
    for token in [*found, STOP]:
        if token != STOP:
            if is_number(token) or (len(token) > 1 and token.isalpha() and token.lower() not in FRAMING_WORDS):
                sentence.add(token.lower())
        elif sentence:
            yield frozenset(sentence)
            sentence = set()


def _asked(found: Sequence[str]) -> tuple[str, ...]:
    asked: list[str] = []
    sentence: list[str] = []
    for token in [*found, STOP]:
        if token != STOP:
            sentence.append(token)
        else:
            if not asked or any(word.lower() in ASKING for word in sentence):
                asked = sentence
            sentence = []
    return tuple(asked)


def _followed(found: Sequence[str]) -> dict[str, str]:
    following: dict[str, str] = {}
    for number, word in pairwise(token for token in found if is_number(token) or is_word(token)):
        if is_number(number) and not is_number(word):
            following[number] = "" if number in following else word.lower()
    return {number: word for number, word in following.items() if word}


def _renamed(found: Sequence[str]) -> tuple[str, ...]:
    """Unknowns by the order in which they appear."""
    known: dict[str, str] = {}
    return tuple(
        known.setdefault(token, f"x{len(known)}") if len(token) == 1 and token.isalpha() else token for token in found
    )

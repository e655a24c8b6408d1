r"""Tokens to a tree: a Pratt parser for what answers are made of.

It reads LaTeX, Unicode and calculator notation, and refuses (`UnreadableError`) what it does not cover, such as
integrals and limits, rather than guess. Depth and length are bounded, so is the work.
"""

import re

from distill.verifiers.math_answer import units, wording
from distill.verifiers.math_answer.reading.grammar import Grammar
from distill.verifiers.math_answer.reading.literals import based, literal
from distill.verifiers.math_answer.reading.tokens import clean, tokenize
from distill.verifiers.math_answer.tree import Apply, Num, Phrase, Quantity, Tree, UnreadableError, negative

_NUMERAL = re.compile(r"\(?(?:\\(?:text|mathrm)\{)?([0-9A-Z]+)\}?\)?_(?:\{\s*(?:\\text\{)?\s*(\w+)\s*\}?\s*\}|(\d))")
_SIMPLE = re.compile(r"(-?)(?:(\d{1,2000}(?:\.\d{1,2000})?)|\\[dt]?frac\{(\d{1,2000})\}\{(\d{1,2000})\})")
_SCIENTIFIC = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?[eE][+-]?\d{1,4}")
_WITH_UNIT = re.compile(r"(-?\d{1,50}(?:\.\d{1,50})?) ([A-Za-zμΩ]{1,12}(?:[/*][A-Za-zμΩ]{1,12}|\^-?\d){0,6})")
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,]|\.\d*,)")


def parse(text: str) -> Tree:
    """The tree of an answer's text; `Phrase` for what reads as words only.

    Raises:
        UnreadableError: Not covered, or beyond the static limits.
    """
    return _parse_clean(_join_thousands(clean(text)), text)


def readings(text: str) -> tuple[Tree, ...]:
    """All trees that an ambiguous text may mean: `12,345` is a number and, less likely, a list."""
    cleaned = clean(text)
    joined = _join_thousands(cleaned)
    first = _parse_clean(joined, text)
    measured = _with_unit(joined)
    return (first, *((_parse_clean(cleaned, text),) if joined != cleaned else ()), *((measured,) if measured else ()))


def _with_unit(text: str) -> Tree | None:
    """`5 m/s` as a quantity: letters after a space that are a unit, other than one small letter."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None or (len(match[2]) == 1 and match[2].islower()) or units.measure(match[2]) is None:
        return None
    tree = _parse_clean(match[1], match[1])
    return Quantity(tree, match[2])


def _parse_clean(cleaned: str, text: str) -> Tree:
    if not cleaned:
        raise UnreadableError("empty")
    if _SCIENTIFIC.fullmatch(cleaned):
        return literal(cleaned) if cleaned[0] != "-" else negative(literal(cleaned[1:]))
    simple = _SIMPLE.fullmatch(cleaned)
    if simple:
        return _simple(*simple.groups())
    numeral = _NUMERAL.fullmatch(cleaned)
    if numeral and (tree := based(numeral[1], numeral[2] or numeral[3])):
        return tree
    try:
        return Grammar(tokenize(cleaned)).whole()
    except UnreadableError:
        words = wording.normal(text)
        if words.isdecimal() and not any(c.isdecimal() for c in text):
            return Num(int(words))
        if wording.is_wordy(words) and "\\" not in words:
            return Phrase(words)
        raise


def _simple(sign: str, number: str | None, top: str | None, bottom: str | None) -> Tree:
    """A plain number, or a fraction of two integers."""
    tree: Tree = literal(number) if number else Apply("div", (Num(int(top or 0)), Num(int(bottom or 1))))
    return negative(tree) if sign else tree


def _join_thousands(text: str) -> str:
    """Drop the commas of `12,345` outside parentheses and braces, where they would separate items."""
    if "," not in text:
        return text

    def join(match: re.Match[str]) -> str:
        before = text[: match.start()]
        depth = sum(before.count(c) for c in "([") + before.count(r"\{")
        depth -= sum(before.count(c) for c in ")]") + before.count(r"\}")
        return match[0] if depth > 0 else match[0].replace(",", "")

    return _THOUSANDS.sub(join, text)

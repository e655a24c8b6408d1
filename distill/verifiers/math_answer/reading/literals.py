"""Numbers as they are written: decimals, repeating decimals, numerals in a base."""

import re
from fractions import Fraction
from functools import lru_cache

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import Apply, Based, Num, Phrase, Ratio, Tree, UnreadableError, negative

_BASE = r" ?(?:\\(?:text|mathrm) ?\{)? ?\(? ?(?:base[ -]?)?\}? ?(\w{1,12}) ?\)? ?\}? ?"
_NUMERAL = re.compile(
    r"\(?(?:\\(?:text|mathrm)\{)?([0-9A-Z]{1,500})\}?\)?\s?(?:_(?:\{" + _BASE + r"\}|(\d))"
    r"|(?:\\text\s?\{)?\s?[,(]?\s?(?:in )?base[ -](\w{1,12})\s?\)?\}?)"
)
_SIMPLE = re.compile(r"(-?)(?:(\d{1,2000}(?:\.\d{1,2000})?)|\\[dt]?frac\{(\d{1,2000})\}\{(\d{1,2000})\})")
_SCIENTIFIC = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?[eE][+-]?\d{1,4}")
_REPEATING = re.compile(r"(-?)(\d{1,200}\.\d{0,200})\((\d{1,200})\)")
_TO = re.compile(r"(\d{1,9}) to (\d{1,9})")
_CLOCK = re.compile(r"(\d{1,2})(?: ?[:.] ?(\d{2}))? ?([AaPp])\.? ?[Mm]\.?")


@lru_cache(maxsize=1024)
def whole_literal(text: str) -> Tree | None:
    """The value of a text that is one literal: a number, a fraction of two integers, a numeral with its base."""
    if _SCIENTIFIC.fullmatch(text):
        return literal(text) if text[0] != "-" else negative(literal(text[1:]))
    if simple := _SIMPLE.fullmatch(text):
        return _simple(*simple.groups())
    if repeated := _REPEATING.fullmatch(text):
        tree = repeating(repeated[2], repeated[3])
        return negative(tree) if repeated[1] else tree
    numeral = _NUMERAL.fullmatch(text)
    return based(numeral[1], numeral[2] or numeral[3] or numeral[4]) if numeral else None


def _simple(sign: str, number: str | None, top: str | None, bottom: str | None) -> Tree:
    """A plain number, or a fraction of two integers."""
    tree: Tree = literal(number) if number else Apply("div", (Num(int(top or 0)), Num(int(bottom or 1))))
    return negative(tree) if sign else tree


def ratio(text: str) -> Tree | None:
    """A ratio in words, `1 to 2`."""
    match = _TO.fullmatch(text)
    return Ratio((Num(int(match[1])), Num(int(match[2]))), is_clock=False) if match else None


def clock(text: str) -> Tree | None:
    """A time of day with its half, `2:20 PM`, as words, unlike one on the clock of 24 hours."""
    match = _CLOCK.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= 12:
        return None
    return Phrase(f"{int(match[1])}:{match[2] or '00'}{match[3].lower()}m")


def literal(text: str) -> Num:
    """A number as written: `12`, `.50`, `6.02e23`."""
    if text.isdecimal() and len(text) <= 2000:
        return Num(int(text))
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, places = mantissa.partition(".")
    if len(mantissa) > 2000 or (exponent and abs(int(exponent)) > 2000):
        raise UnreadableError("a number of too many digits")
    digits = (whole + places).lstrip("0")
    scale = int(exponent or 0) - len(places)
    integer = int(whole + places or "0")
    value = integer * 10**scale if scale >= 0 else Fraction(integer, 10**-scale)
    return Num(value, max(1, len(digits)) if places or exponent else 0, len(places))


def repeating(head: str, block: str) -> Num:
    """A decimal whose `block` repeats for ever after `head`."""
    places = head.partition(".")[2]
    if not block.isdecimal() or len(block) > 200:
        raise UnreadableError("a repeating decimal of another form")
    nines = 10 ** len(block) - 1
    return Num(Fraction(literal(head).value) + Fraction(int(block), nines * 10 ** len(places)))


def based(digits: str, base: str) -> Based | None:
    """A numeral in a base that is given in digits or words; None where its digits do not fit."""
    number = int(wording.normal(base)) if wording.normal(base).isdecimal() else 0
    try:
        return Based(int(digits, number), number) if 2 <= number <= 36 and len(digits) <= 500 else None
    except ValueError:
        return None

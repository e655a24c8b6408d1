"""Numbers as they are written: decimals, repeating decimals, numerals in a base."""

from fractions import Fraction

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import Based, Num, UnreadableError


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

"""Decimals that stand for a value: rounded to the digits that they print, or printed by a computer."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.tree import Apply, Num, Rational, Tree, rational

_PRINTED_DIGITS = 12
"""A decimal of so many significant digits stands for what it was rounded from: doubles print 15 to 17."""

_DOUBLE_DIGITS = 15
_DOUBLE_ERROR = Fraction(4, 2**53)
"""Of a double that some operations computed, relative to its size: four units in the last place."""


def rounds_to(exact: Tree, printed: Tree) -> bool:
    """Whether a value, rounded to as many digits as a decimal prints, is that decimal; either way at a tie."""
    sign, literal = _signed(printed)
    match literal:
        case Apply(op="mul", args=(Num() as mantissa, Apply(op="pow", args=(Num(value=10), exponent)))):
            power = rational(exponent)
            scale = Fraction(10) ** power if isinstance(power, int) and abs(power) <= _MAX_POWER else Fraction(0)
        case Num() as mantissa:
            scale = Fraction(1)
        case _:
            return False
    half = _last_place(mantissa) * scale / 2
    return half > 0 and _is_within(exact, Num(mantissa.value * sign * scale), Num(half))


_MAX_POWER = 400


def _last_place(decimal: Num) -> Fraction:
    """What one in its last digit is worth; 0 for an integer, which is exact."""
    if not decimal.num_digits:
        return Fraction(0)
    if not decimal.value:
        return Fraction(1, 10**decimal.num_places)
    value = abs(Fraction(decimal.value))
    magnitude = len(str(value.numerator)) - len(str(value.denominator))
    magnitude -= value < Fraction(10) ** magnitude
    return Fraction(10) ** (magnitude - decimal.num_digits + 1)


def _signed(tree: Tree) -> tuple[int, Tree]:
    return (-1, tree.args[0]) if isinstance(tree, Apply) and tree.op == "neg" else (1, tree)


def is_printed(decimal: Tree, other: Tree) -> bool:
    """Whether `decimal` is `other`, which no short decimal equals, rounded as a computer prints it."""
    sign, literal = _signed(decimal)
    if not (isinstance(literal, Num) and literal.num_digits >= _PRINTED_DIGITS) or isinstance(other, Num):
        return False
    exact = constants.exact(other)
    if exact is not None and _terminates(exact):
        return False
    last_place = _last_place(literal) * Fraction(11, 10)
    is_double = _DOUBLE_DIGITS <= literal.num_digits <= _DOUBLE_DIGITS + 2
    error = max(last_place, abs(Fraction(literal.value)) * _DOUBLE_ERROR) if is_double else last_place
    return _is_within(other, Num(literal.value * sign), Num(error))


def _terminates(value: Rational) -> bool:
    bottom = value.denominator
    for prime in (2, 5):
        while bottom % prime == 0:
            bottom //= prime
    return bottom == 1


def _is_within(tree: Tree, center: Num, radius: Num) -> bool:
    if constants.facts(tree).names:
        return False
    value = constants.approximate(tree)
    if value is None:
        return False
    with_context = Context(prec=60, rounding=ROUND_HALF_EVEN)
    gap = with_context.subtract(value, _decimal(center.value, with_context))
    return abs(gap) <= _decimal(radius.value, with_context)


def _decimal(value: Rational, context: Context) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))

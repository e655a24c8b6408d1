"""Rational arithmetic."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from distill.verifiers.math_answer.numbers.arithmetic import (
    MAX_BITS,
    MAX_FACTORIAL,
    CannotEvaluateError,
    InexactError,
    TooLargeError,
    UndefinedError,
)
from distill.verifiers.math_answer.tree import Rational


class Exact:
    """Rationals; roots only where they are rational."""

    def number(self, value: Rational) -> Rational:
        """A rational constant."""
        return value

    def constant(self, name: str) -> Rational:
        """A named constant."""
        raise InexactError(name)

    def power(self, base: Rational, exponent: Rational, _exact: Rational | None) -> Rational:
        """Base to the exponent."""
        if isinstance(exponent, Fraction) and exponent.denominator != 1:
            if exponent.denominator > 64:
                raise InexactError("a root")
            return self.power(_root(base, exponent.denominator), exponent.numerator, None)
        count = int(exponent)
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base not in {0, 1, -1} and abs(count) * bits > MAX_BITS:
            raise TooLargeError("a power")
        if count < 0 and base == 0:
            raise UndefinedError("division by zero")
        if base == 0 == count:
            raise UndefinedError("0^0")
        if base in {1, -1}:
            return base if count % 2 else 1
        return base**count if count >= 0 else Fraction(1) / Fraction(base) ** -count

    def apply(self, op: str, args: Sequence[Rational]) -> Rational:
        """Any other operation."""
        operation = _EXACT.get(op)
        if operation is None:
            raise InexactError(op)
        try:
            value = operation(*args)
        except TypeError as error:
            raise CannotEvaluateError(f"{op} of {len(args)} numbers") from error
        if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
            raise TooLargeError(op)
        return value


def _divide(a: Rational, b: Rational) -> Rational:
    if not b:
        raise UndefinedError("division by zero")
    return Fraction(a) / Fraction(b)


def _integer_root(value: int, degree: int) -> int:
    if degree == 2:
        return math.isqrt(value)
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low


def _root(value: Rational, degree: Rational = 2) -> Rational:
    """The real root where it is rational; of odd degree for negative values too."""
    if not isinstance(degree, int) or not 1 < degree <= 64 or (value < 0 and degree % 2 == 0):
        raise InexactError("a root")
    sign = -1 if value < 0 else 1
    if value.numerator.bit_length() + value.denominator.bit_length() > 8_000:
        raise InexactError("a large root")
    top, bottom = _integer_root(abs(value.numerator), degree), _integer_root(value.denominator, degree)
    if top**degree != abs(value.numerator) or bottom**degree != value.denominator:
        raise InexactError("a root")
    return sign * top if bottom == 1 else Fraction(sign * top, bottom)


def _whole(value: Rational, limit: int) -> int:
    if value.denominator != 1 or value < 0:
        raise CannotEvaluateError("not a natural number")
    if value > limit:
        raise TooLargeError("a factorial")
    return int(value)


def _factorial(value: Rational) -> Rational:
    return math.factorial(_whole(value, MAX_FACTORIAL))


def _binomial(n: Rational, k: Rational) -> Rational:
    return math.comb(_whole(n, MAX_FACTORIAL), _whole(k, MAX_FACTORIAL))


def _modulo(a: Rational, b: Rational) -> Rational:
    if not b:
        raise CannotEvaluateError("modulo zero")
    return a % b


def _naturals(args: Sequence[Rational]) -> list[int]:
    return [_whole(arg if arg >= 0 else -arg, 1 << MAX_BITS) for arg in args]


def _gcd(*args: Rational) -> Rational:
    return math.gcd(*_naturals(args))


def _lcm(*args: Rational) -> Rational:
    return math.lcm(*_naturals(args))


def _logarithm(value: Rational, base: Rational) -> Rational:
    """Where it is an integer, as of a power of the base."""
    if not (value > 0 and base > 1 and value.denominator == base.denominator == 1):
        raise InexactError("a logarithm")
    power, count = 1, 0
    while power < value:
        power, count = power * int(base), count + 1
    if power != value:
        raise InexactError("a logarithm")
    return count


_EXACT: dict[str, Callable[..., Rational]] = {
    "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "neg": lambda a: -a, "div": _divide,
    "sqrt": _root, "root": _root,
    "abs": abs, "factorial": _factorial, "binom": _binomial, "mod": _modulo, "gcd": _gcd, "lcm": _lcm,
    "floor": math.floor, "ceil": math.ceil, "max": lambda *a: max(a),
    "min": lambda *a: min(a), "percent": lambda a: Fraction(a) / 100,
    "log": _logarithm, "residue": _modulo,
}  # fmt: skip
EXACT = Exact()

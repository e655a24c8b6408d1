"""Double precision: quick and rough, for finding values that differ."""

import cmath
import math
from collections.abc import Callable, Sequence

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError, InexactError, UndefinedError
from distill.verifiers.math_answer.tree import Rational


class Floats:
    """Double precision, real where it can be. Raises `InexactError` where it would be badly wrong."""

    def number(self, value: Rational) -> complex:
        """A rational constant."""
        try:
            return float(value)
        except OverflowError as error:
            raise InexactError("beyond doubles") from error

    def constant(self, name: str) -> complex:
        """A named constant."""
        if name == "inf":
            raise CannotEvaluateError(name)
        return {"pi": math.pi, "e": math.e, "i": 1j}[name]

    def power(self, base: complex, exponent: complex, exact: Rational | None) -> complex:
        """Base to the exponent."""
        if (
            isinstance(base, float)
            and base < 0
            and exact is not None
            and exact.denominator % 2
            and exact.denominator > 1
        ):
            return (-1 if exact.numerator % 2 else 1) * self.power(-base, exponent, None)
        if base == 0 and (isinstance(exponent, complex) or exponent <= 0):
            raise UndefinedError("division by zero")
        return _checked(pow, base, exponent)

    def apply(self, op: str, args: Sequence[complex]) -> complex:
        """Any other operation."""
        function = _FLOATS.get(op)
        if function is not None:
            return _checked(function, *args)
        if op.startswith("f:"):
            return _checked(_unknown, op, args)
        raise InexactError(op)


def _checked(function: Callable[..., complex], *args: object) -> complex:
    try:
        value = function(*args)
    except (ValueError, OverflowError, ZeroDivisionError, TypeError) as error:
        raise InexactError(str(error)) from error
    if not abs(value) <= _MAX_VALUE:
        raise InexactError("beyond doubles")
    return value


def _float_add(a: complex, b: complex) -> complex:
    total = a + b
    if abs(total) < 1e-6 * abs(a):
        raise InexactError("cancellation")
    return total


def _unknown(op: str, args: Sequence[complex]) -> complex:
    """Some smooth function that has no identities, one for each name."""
    seed = sum(ord(c) * 31**k for k, c in enumerate(op[2:])) % 997
    return 2 + sum(cmath.sin(arg * (1.3 + seed / 501 + 0.71 * k) + seed).real for k, arg in enumerate(args))


def _real_sqrt(x: complex) -> complex:
    return math.sqrt(x) if isinstance(x, float) and x >= 0 else cmath.sqrt(x)


def _float_root(x: complex, n: complex) -> complex:
    if isinstance(x, float) and x < 0 and n in {3, 5, 7, 9}:
        return -((-x) ** (1 / n))
    return x ** (1 / n)


def _either(real: Callable[[float], float], other: Callable[[complex], complex]) -> Callable[[complex], complex]:
    def function(x: complex) -> complex:
        if abs(x) > _MAX_ARGUMENT:
            raise ValueError("few digits are left")
        return real(x) if isinstance(x, float) else other(x)

    return function


_MAX_VALUE = 1e100
_MAX_ARGUMENT = 1e6
"""Beyond it, what doubles lose in an argument shows in its sine or exponential."""


_FLOATS: dict[str, Callable[..., complex]] = {
    "add": _float_add, "mul": lambda a, b: a * b, "neg": lambda a: -a, "div": lambda a, b: a / b, "abs": abs,
    "sqrt": _real_sqrt, "root": _float_root, "percent": lambda a: a / 100, "deg": lambda a: a * math.pi / 180,
    "sin": _either(math.sin, cmath.sin), "cos": _either(math.cos, cmath.cos), "tan": _either(math.tan, cmath.tan),
    "exp": _either(math.exp, cmath.exp), "max": lambda *a: max(a), "min": lambda *a: min(a),
    "ln": lambda a: math.log(a) if isinstance(a, float) and a > 0 else cmath.log(a),
    "log": lambda a, base=10.0: math.log(a) / math.log(base), "log10": math.log10,
    "cot": lambda a: 1 / math.tan(a), "sec": lambda a: 1 / math.cos(a), "csc": lambda a: 1 / math.sin(a),
    "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan,
    "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "arcsinh": math.asinh, "arccosh": math.acosh, "arctanh": math.atanh,
}  # fmt: skip
FLOATS = Floats()

"""Arithmetic of any precision, on mpmath: what decides whether two irrational values are equal."""

from collections.abc import Callable, Sequence
from typing import Any

from mpmath import MPContext

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError, TooLargeError, UndefinedError
from distill.verifiers.math_answer.tree import Rational

Value = Any
"""An mpf or mpc; mpmath has no types."""

_MAX_LOG2 = 1 << 24
"""Binary magnitude of a value; beyond it, exponents themselves would grow without bound."""
_MAX_GAMMA_BITS = 1_200
"""Precision for factorials of anything but an integer: their cost grows fast with it."""


class AbsorbedError(CannotEvaluateError):
    """A summand vanished beside another: more digits are needed."""


class Precise:
    """mpmath at `bits` of precision. `is_real` makes leaving the real line an error."""

    def __init__(self, bits: int, *, is_real: bool) -> None:
        self._context = MPContext()
        self._context.prec = bits
        self._bits = bits
        self._is_real = is_real
        self._table = _table(self._context)

    def number(self, value: Rational) -> Value:
        """A rational constant."""
        if value.numerator.bit_length() + value.denominator.bit_length() > self._bits * 4:
            raise AbsorbedError("a long number")
        top = self._context.mpf(value.numerator)
        return top if value.denominator == 1 else top / value.denominator

    def constant(self, name: str) -> Value:
        """A named constant."""
        if name == "inf":
            raise CannotEvaluateError(name)
        if name == "i" and self._is_real:
            raise CannotEvaluateError("not real")
        return {"pi": self._context.pi, "e": self._context.e, "i": self._context.j}[name] + 0

    def power(self, base: Value, exponent: Value, exact: Rational | None) -> Value:
        """Base to the exponent."""
        context = self._context
        if base == 0:
            if exponent == 0 or context.re(exponent) <= 0:
                raise UndefinedError("division by zero")
            return base
        if context.mag(exponent) > 40 or abs(context.mag(base)) * abs(exponent) > _MAX_LOG2:
            raise TooLargeError("a power")
        is_odd_root = exact is not None and exact.denominator > 1 and exact.denominator % 2 == 1
        if is_odd_root and exact is not None and not isinstance(base, context.mpc) and base < 0:
            root = -context.root(-base, exact.denominator)
            return root**exact.numerator
        return self._checked(base ** (int(exact) if exact is not None and exact.denominator == 1 else exponent))

    def apply(self, op: str, args: Sequence[Value]) -> Value:
        """Any other operation."""
        if op == "add":
            return self._add(*args)
        if op.startswith("f:"):
            return self._unknown(op, args)
        function = self._table.get(op)
        if function is None:
            raise CannotEvaluateError(f"{op} is not covered")
        if op in {"exp", "sinh", "cosh", "factorial", "binom", "sin", "cos", "tan"} and any(
            self._context.mag(arg) > (17 if op in {"factorial", "binom"} else 24) for arg in args
        ):
            raise TooLargeError(op)
        if op in {"factorial", "binom"} and self._bits > _MAX_GAMMA_BITS and not all(map(self._context.isint, args)):
            raise TooLargeError(op)
        try:
            return self._checked(function(*args))
        except ZeroDivisionError as error:
            raise UndefinedError("division by zero") from error
        except (ValueError, TypeError, NotImplementedError) as error:
            raise CannotEvaluateError(f"{op}: {error}") from error

    def _add(self, a: Value, b: Value) -> Value:
        if a and b and abs(self._context.mag(a) - self._context.mag(b)) > self._bits - 40:
            raise AbsorbedError("a sum")
        return a + b

    def _unknown(self, op: str, args: Sequence[Value]) -> Value:
        seed = sum(ord(c) * 31**k for k, c in enumerate(op[2:])) % 997
        total = self._context.mpf(2)
        for k, arg in enumerate(args):
            total += self._context.sin(self._context.re(arg) * (1300 + seed * 2 + 710 * k) / 1000 + seed)
        return total

    def _checked(self, value: Value) -> Value:
        context = self._context
        if isinstance(value, context.mpc):
            if value.imag == 0:
                value = value.real
            elif self._is_real:
                raise CannotEvaluateError("not real")
        if not context.isfinite(value):
            raise CannotEvaluateError("infinite")
        if value and abs(context.mag(value)) > _MAX_LOG2:
            raise TooLargeError("a value")
        return value

    def gap(self, a: Value, b: Value) -> tuple[int | None, int]:
        """The binary magnitudes of a - b, None where it is zero, and of the larger of both."""
        mag = self._context.mag
        return int(mag(a - b)) if a != b else None, max((int(mag(x)) for x in (a, b) if x), default=0)

    def digits(self, value: Value, count: int) -> str:
        """The value in so many decimal digits."""
        return str(self._context.nstr(value, count))


def _table(c: MPContext) -> dict[str, Callable[..., Value]]:
    def root(x: Value, n: Value) -> Value:
        if n == int(n) and not isinstance(x, c.mpc) and x < 0 and int(n) % 2:
            return -c.root(-x, int(n))
        return c.root(x, int(n)) if n == int(n) and 0 < n < 1000 else x ** (1 / n)

    def log(x: Value, base: Value | None = None) -> Value:
        return c.log(x) / c.log(10 if base is None else base)

    def whole(x: Value) -> Value:
        nearest = c.nint(x)
        return nearest if abs(x - nearest) < c.eps * 2**20 * max(1, abs(x)) else x

    return {
        "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "neg": lambda a: -a, "abs": abs,
        "sqrt": c.sqrt, "root": root,
        "percent": lambda a: a / 100, "deg": lambda a: a * c.pi / 180, "sin": c.sin, "cos": c.cos, "tan": c.tan,
        "cot": c.cot, "sec": c.sec, "csc": c.csc, "arcsin": c.asin, "arccos": c.acos, "arctan": c.atan,
        "arccot": c.acot, "sinh": c.sinh, "cosh": c.cosh, "tanh": c.tanh, "coth": c.coth, "arcsinh": c.asinh,
        "arccosh": c.acosh, "arctanh": c.atanh, "exp": c.exp, "ln": c.log, "log": log, "log10": c.log10,
        "factorial": c.factorial, "binom": c.binomial, "floor": lambda a: c.floor(whole(a)),
        "ceil": lambda a: c.ceil(whole(a)), "max": lambda *a: max(a),
        "min": lambda *a: min(a), "mod": lambda a, b: a - b * c.floor(whole(a / b)),
        "sgn": c.sign,
    }  # fmt: skip

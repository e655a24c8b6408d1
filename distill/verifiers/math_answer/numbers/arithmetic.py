"""What evaluation needs of a number system, and how it fails. Values only; no evaluation."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from distill.verifiers.math_answer.tree import Rational

MAX_BITS = 80_000
"""Bits of an exact integer: enough for 2**65536."""
MAX_FACTORIAL = 5_000
MAX_TERMS = 2_000
"""Terms of a sum or product, and of all sums and products in one evaluation."""

V = TypeVar("V")


class CannotEvaluateError(ArithmeticError):
    """There is no value here: it is undefined, outside the real domain, too large, or not covered."""


class UndefinedError(CannotEvaluateError):
    """There is no value anywhere: a division by zero."""


class InexactError(CannotEvaluateError):
    """The value is not a rational number."""


class TooLargeError(CannotEvaluateError):
    """Beyond the static limits."""


class Arithmetic(Protocol[V]):
    """What evaluation needs of a number system."""

    def number(self, value: Rational) -> V:
        """A rational constant."""
        ...

    def constant(self, name: str) -> V:
        """`pi`, `e`, `i` or `inf`."""
        ...

    def power(self, base: V, exponent: V, exact: Rational | None, /) -> V:
        """Base to the exponent, whose rational value is given where it is known."""
        ...

    def apply(self, op: str, args: Sequence[V]) -> V:
        """Any other operation."""
        ...

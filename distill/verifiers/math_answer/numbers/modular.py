"""Arithmetic modulo a prime: proves identities without evaluating anything.

Two different rational functions of degree d agree at a random point with probability d/p (Schwartz-Zippel). Every other
function becomes a residue that depends on nothing but its name and the residues of its arguments, so that equal
arguments give equal values, whatever the function is.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError, InexactError
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.tree import Rational, Tree

PRIME = (1 << 255) - 19
"""It has a root of -1, which stands for i."""
_ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
_SPREAD = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95


def _residue(name: str) -> int:
    return (zlib.crc32(name.encode("utf-8", "surrogatepass")) + 0x51ED27) * _SPREAD % PRIME


class _Residues(dict[str, int]):
    """A residue for every name."""

    def __missing__(self, name: str) -> int:
        self[name] = value = _residue(name)
        return value


class Modular:
    """The field of integers modulo `PRIME`; `is_pure` until anything but a rational function is met."""

    def __init__(self) -> None:
        self.is_pure = True

    def number(self, value: Rational) -> int:
        """A rational constant."""
        if isinstance(value, int):
            return value % PRIME
        return value.numerator * pow(value.denominator, -1, PRIME) % PRIME

    def constant(self, name: str) -> int:
        """A named constant."""
        if name == "inf":
            raise InexactError(name)
        if name == "i":
            return _ROOT_OF_MINUS_ONE
        self.is_pure = False
        return _residue(f"constant {name}")

    def power(self, base: int, exponent: int, exact: Rational | None) -> int:
        """Base to the exponent."""
        if exact is not None and exact.denominator == 1:
            if not base and exact <= 0:
                raise InexactError("a power of zero")
            return pow(base, int(exact) % (PRIME - 1), PRIME) if base else 0
        return self._opaque("pow", (base, exponent))

    def apply(self, op: str, args: Sequence[int]) -> int:
        """Any other operation."""
        match op, args:
            case "add", (a, b):
                return (a + b) % PRIME
            case "mul", (a, b):
                return a * b % PRIME
            case "neg", (a,):
                return -a % PRIME
            case "div", (a, b):
                if not b:
                    raise InexactError("division by zero")
                return a * pow(b, -1, PRIME) % PRIME
            case "sqrt", (a,):
                return self._opaque("pow", (a, _HALF))
            case _:
                return self._opaque(op, args)

    def _opaque(self, op: str, args: Sequence[int]) -> int:
        self.is_pure = False
        return (hash(tuple(args)) ^ _residue(op)) * _SPREAD % PRIME


_HALF = pow(2, -1, PRIME)


def identical(a: Tree, b: Tree) -> bool | None:
    """True where both are identical; False where both are rational functions and differ; None where that is open.

    A True may, for numbers chosen to that end, be a coincidence: confirm it by a value in another arithmetic.
    """
    image, other = image_of(a), image_of(b)
    if image is None or other is None:
        return None
    return True if image.value == other.value else (False if image.is_pure and other.is_pure else None)


class _Image(NamedTuple):
    """The residue of a tree, and whether it is a rational function."""

    value: int
    is_pure: bool


@lru_cache(maxsize=4096)
def image_of(tree: Tree) -> _Image | None:
    """The image in the field; None where there is none. A reference meets many answers, so it is remembered."""
    field = Modular()
    try:
        return _Image(evaluate(tree, field, _Residues()), field.is_pure)
    except CannotEvaluateError:
        return None

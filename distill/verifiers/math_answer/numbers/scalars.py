"""Whether two scalar expressions are the same."""

import zlib
from fractions import Fraction

from distill.verifiers.math_answer.numbers import constants, expressions, modular
from distill.verifiers.math_answer.numbers.constants import facts, infinite
from distill.verifiers.math_answer.tree import Apply, Const, Num, Rational, Tree, mapped


class _SomePoint(dict[str, Rational]):
    """A value for every name."""

    def __missing__(self, name: str) -> Rational:
        return Fraction(zlib.crc32(name.encode("utf-8", "surrogatepass")) % 1009 + 300, 500)


_SOME_POINT = _SomePoint()


def same_scalar(a: Tree, b: Tree) -> bool | None:
    """Whether the scalars are equal; None where that stays open."""
    if a == b:
        return True
    if isinstance(a, Num) and isinstance(b, Num):
        return a.value == b.value
    if max(facts(a).num_nodes, facts(b).num_nodes) > constants.MAX_NODES:
        return None
    is_identical = modular.identical(a, b)
    if is_identical is False or (is_identical and constants.closeness(a, b, _SOME_POINT, is_real=False)):
        return is_identical
    facts_a, facts_b = facts(a), facts(b)
    if facts_a.is_infinite or facts_b.is_infinite:
        return infinite(a) == infinite(b) if infinite(a) and infinite(b) else _one_infinite(a, b)
    if facts_a.has_bare_log != facts_b.has_bare_log:
        return _with_logs(a, b)
    if facts_a.names or facts_b.names:
        return expressions.same_expression(a, b)
    return constants.same_constant(a, b)


def _with_logs(a: Tree, b: Tree) -> bool | None:
    """One side writes `log` without a base: decimal, or natural, which stays open."""
    plain, other = (a, b) if facts(b).has_bare_log else (b, a)
    decimal = same_scalar(plain, with_log_base(other, Num(10)))
    if decimal:
        return True
    return None if same_scalar(plain, with_log_base(other, Const("e"))) is not False else decimal


def with_log_base(tree: Tree, base: Tree) -> Tree:
    """Every bare `log` given a base."""

    def based(node: Tree) -> Tree:
        match node:
            case Apply(op="log", args=(arg,)):
                return Apply("log", (arg, base))
            case _:
                return node

    return mapped(tree, based)


def _one_infinite(a: Tree, b: Tree) -> bool | None:
    other = b if infinite(a) else a
    return False if (infinite(a) or infinite(b)) and not facts(other).is_infinite else None

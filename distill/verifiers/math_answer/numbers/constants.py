"""Constants: facts on their trees, exact values, and equality by precision that no coincidence survives.

A difference that shrinks as precision grows is zero; one that stays is not.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError, TooLargeError, UndefinedError
from distill.verifiers.math_answer.numbers.compiled import compiled
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.exact import EXACT
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.numbers.precise import AbsorbedError, Precise
from distill.verifiers.math_answer.tree import Apply, Const, Num, Rational, Tree, Var, children, variables, walk

_BITS = (200, 500, 2000)
_MAX_WORK = 300_000
"""Nodes times bits of precision: functions of more would take longer than a decision may."""
MAX_NODES = 400
"""Of a tree that is evaluated: many times the longest reference of any benchmark."""


class Facts(NamedTuple):
    """What one walk over a tree finds."""

    names: frozenset[str]
    is_complex: bool
    is_infinite: bool
    num_nodes: int
    num_bits: int
    """Bits of its longest literal."""
    has_bare_log: bool
    has_open_range: bool
    """A sum or product to a variable bound."""


@lru_cache(maxsize=4096)
def facts(tree: Tree) -> Facts:
    """The facts on one tree; bound variables of sums do not count as names."""
    names, bound, open_names, constants = set[str](), set[str](), set[str](), set[str]()
    num_nodes, num_bits, has_bare_log = 0, 0, False
    for node in walk(tree):
        num_nodes += 1
        match node:
            case Var(name=name):
                names.add(name)
            case Const(name=name):
                constants.add(name)
            case Num(value=value):
                num_bits = max(num_bits, value.numerator.bit_length(), value.denominator.bit_length())
            case Apply(op="sum" | "prod", args=(_, Var(name=name), *bounds)):
                bound.add(name)
                open_names.update(*map(variables, bounds))
            case Apply(op="log", args=(_,)):
                has_bare_log = True
            case _:
                pass
    return Facts(
        frozenset(names - bound),
        "i" in constants,
        "inf" in constants,
        num_nodes,
        num_bits,
        has_bare_log,
        bool(open_names),
    )


@lru_cache(maxsize=8192)
def exact(tree: Tree) -> Rational | None:
    """The rational value of a constant tree, or None."""
    try:
        return evaluate(tree, EXACT, {})
    except CannotEvaluateError:
        return None


def same_constant(a: Tree, b: Tree) -> bool | None:
    """Whether two constants are equal; None where that stays open."""
    exact_a, exact_b = exact(a), exact(b)
    if exact_a is not None and exact_b is not None:
        return exact_a == exact_b
    if closeness(a, b, {}, is_real=False) is False:
        return False
    try:
        return equal_at(a, b, {}, is_real=False)
    except UndefinedError:
        return False
    except CannotEvaluateError:
        return None


class _FloatCoordinates(dict[str, complex]):
    """The point's coordinates as doubles, looked up when needed."""

    def __init__(self, point: Mapping[str, Rational]) -> None:
        super().__init__()
        self._point = point

    def __missing__(self, name: str) -> complex:
        return float(self._point[name])


def closeness(a: Tree, b: Tree, point: Mapping[str, Rational], *, is_real: bool) -> bool | None:
    """Whether two values agree in doubles; None between close and far, and where doubles fail or leave the reals."""
    env = _FloatCoordinates(point)
    try:
        x, y = (compiled(tree)(env) if point else evaluate(tree, FLOATS, env) for tree in (a, b))
    except CannotEvaluateError:
        return None
    if is_real and (isinstance(x, complex) or isinstance(y, complex)):
        return None
    scale, gap = max(abs(x), abs(y)), abs(x - y)
    if scale > 1e-9 and gap > 1e-4 * scale:
        return False
    return True if gap <= 1e-9 * scale else None


@cache
def _precise(bits: int, is_real: bool) -> Precise:
    return Precise(bits, is_real=is_real)


def equal_at(a: Tree, b: Tree, env: dict[str, Rational], *, is_real: bool) -> bool | None:
    """Equality at one point by growing precision.

    Raises:
        CannotEvaluateError: A side has no value there.
    """
    least = max(facts(a).num_bits, facts(b).num_bits) + 64
    num_nodes = facts(a).num_nodes + facts(b).num_nodes
    for bits in _BITS:
        if num_nodes * max(bits, least) > _MAX_WORK:
            return None
        try:
            coarse, fine = (_gap(a, b, env, _precise(max(bits, least) * k, is_real)) for k in (1, 2))
        except AbsorbedError:
            least *= 3
            continue
        except TooLargeError:
            return None
        width = max(bits, least) // 2
        if fine.size is None or fine.size < fine.scale - 2 * width:
            return True
        if coarse.size is not None:
            return fine.size < coarse.size - width
    return None


class _Gap(NamedTuple):
    """Binary magnitudes of a difference (None: zero) and of the larger side."""

    size: int | None
    scale: int


def _gap(a: Tree, b: Tree, env: dict[str, Rational], precise: Precise) -> _Gap:
    values = {name: precise.number(value) for name, value in env.items()}
    return _Gap(*precise.gap(evaluate(a, precise, values), evaluate(b, precise, values)))


def infinite(tree: Tree) -> int:
    """1 or -1 for plus or minus infinity, else 0."""
    match tree:
        case Const(name="inf"):
            return 1
        case Apply(op="neg", args=(arg,)):
            return -infinite(arg)
        case _:
            return 0


def approximate(tree: Tree) -> Decimal | None:
    """A real constant to 50 digits, or None."""
    try:
        return Decimal(_precise(200, True).digits(evaluate(tree, _precise(200, True), {}), 50))
    except CannotEvaluateError:
        return None


def is_too_large(tree: Tree) -> bool:
    """Whether the tree, or some constant in it, is beyond what is evaluated."""
    if facts(tree).num_nodes > MAX_NODES:
        return True
    stack = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, Apply) or facts(node).names:
            stack.extend(children(node))
            continue
        try:
            evaluate(node, _precise(200, False), {})
        except (TooLargeError, AbsorbedError):
            return True
        except CannotEvaluateError:
            continue
    return False

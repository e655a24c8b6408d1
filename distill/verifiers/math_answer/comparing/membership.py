"""Whether two relations or sets hold for the same points: a point that is in one only sets them apart."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise

from distill.verifiers.math_answer.comparing.pairing import all_of
from distill.verifiers.math_answer.numbers import breakpoints, constants
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.breakpoints import GRID
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.exact import EXACT
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.tree import (
    Apply,
    Interval,
    Items,
    Num,
    Rational,
    Relation,
    SetOp,
    Tree,
    Var,
    is_scalar,
    variables,
    walk,
)

_NUM_POINTS = 400
"""Points that are tried where there are several variables."""
_MAX_LITERALS = 12
_MAX_DENOMINATOR = 1000
_COMPARISONS: dict[str, Callable[[float], bool]] = {
    "<": lambda x: x < 0, ">": lambda x: x > 0, "<=": lambda x: x <= 0, ">=": lambda x: x >= 0,
    "=": lambda x: x == 0, "!=": lambda x: x != 0,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[[bool, bool], bool]] = {
    "union": lambda a, b: a or b, "intersection": lambda a, b: a and b, "minus": lambda a, b: a and not b,
}  # fmt: skip


def are_apart(a: Tree, b: Tree) -> bool:
    """Whether some point is known to satisfy the one and not the other; bare sets are sets of the other's variable."""
    names = sorted(variables(a) | variables(b))
    if max(constants.facts(tree).num_nodes for tree in (a, b)) > constants.MAX_NODES // 2:
        return False
    if not names or (variables(a) and variables(b) and variables(a) != variables(b)):
        return False
    roots = [root for tree in (a, b) for root in _roots(tree, names[0])] if len(names) == 1 else []
    for point in _points(names, [*_literals(a, b), *roots]):
        verdicts = holds(a, point), holds(b, point)
        if None not in verdicts and verdicts[0] != verdicts[1]:
            return True
    return False


def _roots(tree: Tree, name: str) -> list[Rational]:
    """Where the sides of relations on one variable meet, if that is at a simple fraction."""
    found = [node for node in walk(tree) if isinstance(node, Relation) and all(map(is_scalar, node.terms))]
    differences = [Apply("add", (x, Apply("neg", (y,)))) for node in found for x, y in pairwise(node.terms)]
    zeros = (zero for difference in differences for zero in breakpoints.roots(breakpoints.along(difference, name, {})))
    return [Fraction(zero).limit_denominator(_MAX_DENOMINATOR) for zero in zeros]


def holds(tree: Tree, point: Mapping[str, Rational]) -> bool | None:
    """Whether a point satisfies a relation, or lies in a set of its one coordinate; None where that is not known."""
    match tree:
        case Relation(terms=(Var(name=name), domain), signs=("in" | "notin" as sign,)) if name in point:
            inside = holds(domain, {name: point[name]})
            return None if inside is None else inside == (sign == "in")
        case Relation(terms=terms, signs=signs):
            return all_of([_compared(x, y, sign, point) for (x, y), sign in zip(pairwise(terms), signs, strict=True)])
        case SetOp(op="R"):
            return True
        case SetOp(op="empty"):
            return False
        case SetOp(op=op, args=(left, right)) if op in _OPERATIONS:
            sides = holds(left, point), holds(right, point)
            return None if sides[0] is None or sides[1] is None else _OPERATIONS[op](sides[0], sides[1])
        case Interval(low=low, high=high, is_low_closed=is_low_closed, is_high_closed=is_high_closed):
            return _is_between(low, high, (is_low_closed, is_high_closed), point)
        case Items(kind="(" | "[" as kind, items=(low, high)):
            return _is_between(low, high, (kind == "[", kind == "["), point)
        case Items(kind="set", items=items) if all(map(is_scalar, items)) and len(point) == 1:
            (value,) = point.values()
            alike = [_compared(Num(value), item, "=", point) for item in items]
            return True if True in alike else None if None in alike else False
        case _:
            return None


def _is_between(low: Tree, high: Tree, closed: tuple[bool, bool], point: Mapping[str, Rational]) -> bool | None:
    if len(point) != 1:
        return None
    (place,) = point.values()
    value = Num(place)
    bounds = ((low, value, closed[0]), (value, high, closed[1]))
    return all_of([_compared(x, y, "<=" if is_closed else "<", point) for x, y, is_closed in bounds])


def _compared(left: Tree, right: Tree, sign: str, point: Mapping[str, Rational]) -> bool | None:
    """Whether left and right compare so there; None where doubles cannot tell and rationals do not reach."""
    comparison = _COMPARISONS.get(sign)
    if comparison is None or not (is_scalar(left) and is_scalar(right)):
        return None
    infinities = constants.infinite(left), constants.infinite(right)
    if any(infinities):
        return comparison(infinities[0] - infinities[1])
    try:
        return comparison(float(evaluate(left, EXACT, point) - evaluate(right, EXACT, point)))
    except (CannotEvaluateError, OverflowError):
        pass
    try:
        env = {name: complex(value).real for name, value in point.items()}
        x, y = evaluate(left, FLOATS, env), evaluate(right, FLOATS, env)
    except (CannotEvaluateError, OverflowError):
        return None
    if isinstance(x, complex) or isinstance(y, complex) or abs(x - y) <= 1e-6 * (abs(x) + abs(y)):
        return None
    return comparison(x - y)


def _literals(*trees: Tree) -> list[Rational]:
    """The rational constants of the trees, with both signs, and places between them."""
    found = {
        value
        for tree in trees
        for node in walk(tree)
        if is_scalar(node) and not constants.facts(node).names and (value := constants.exact(node)) is not None
    }
    ends = sorted({*found, *(-value for value in found)}, key=_size)[: 2 * _MAX_LITERALS]
    return sorted({*ends, *((a + b) * Fraction(1, 2) for a, b in pairwise(sorted(ends)))})


def _size(value: Rational) -> Fraction:
    return abs(Fraction(value))


def _points(names: list[str], literals: list[Rational]) -> Iterator[dict[str, Rational]]:
    places: list[Rational] = [*literals, *(Fraction(place).limit_denominator(10**6) for place in GRID)]
    if len(names) == 1:
        yield from ({names[0]: place} for place in places)
        return
    for number in range(_NUM_POINTS):
        yield {
            name: places[(number * (2 * index + 1) * 7 + 13 * index * index) % len(places)]
            for index, name in enumerate(names)
        }

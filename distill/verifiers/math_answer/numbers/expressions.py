"""Expressions with variables: equal where they agree at every point at which both are defined.

Doubles find what differs, precision confirms what agrees. Points lie on both sides of every breakpoint, near and far.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from distill.verifiers.math_answer.numbers import breakpoints, constants
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.breakpoints import OFFSET, Point
from distill.verifiers.math_answer.numbers.constants import closeness, facts
from distill.verifiers.math_answer.tree import Num, Tree, Var, mapped

_NUM_AGREEING = 3
_NUM_CONFIRMED = 2
_MAX_BRANCHING = 2_000
"""Branches times nodes beyond which agreement stays open: all their breakpoints would take too long."""
_NUM_BASES = 2
"""Points around which one variable is varied to meet breakpoints."""
_REALS = (
    (1.37, 0.61, 2.23, 3.19, 0.29, 1.83, 2.71, 0.83, 4.13, 1.11, 0.47, 3.67),
    (-0.71, 1.93, -1.57, 0.43, 2.87, -2.41, 0.97, -3.31, 1.49, -0.19, 2.03, -1.21),
    (0.23, 0.53, 0.11, 0.37, 0.67, 0.31, 0.79, 0.17, 0.59, 0.41, 0.89, 0.07),
    (-2.93, -0.37, 1.13, -1.79, -3.43, 0.73, -0.59, 2.17, -2.57, 3.91, -1.03, 0.13),
    (5.71, 7.39, 3.83, 9.17, 4.61, 8.03, 6.29, 11.3, 5.03, 7.93, 3.07, 10.9),
    (-0.43, -0.17, -0.29, -0.61, -0.73, -0.07, -0.53, -0.31, -0.83, -0.13, -0.23, -0.67),
    (2.17, -1.31, -0.47, 1.61, -0.89, 3.13, -2.29, 1.27, 0.57, -3.71, 1.87, 2.63),
)
_INTEGERS = ((3, 2, 5, 4, 7, 6), (4, 3, 2, 6, 5, 8), (7, 5, 4, 3, 2, 9), (10, 4, 6, 5, 3, 2))


def same_expression(a: Tree, b: Tree) -> bool | None:
    """Equality of expressions with variables."""
    names = facts(a).names | facts(b).names
    if len(names) > 24:
        return None
    if facts(a).has_open_range or facts(b).has_open_range:
        return _at_integers(a, b, names)
    points = _points(names)
    is_real = not (facts(a).is_complex or facts(b).is_complex)
    verdict = _agreement(a, b, points, is_real=is_real)
    if verdict is False or not is_real:
        return verdict
    switches = breakpoints.switches(a, b)
    if len(switches) * (facts(a).num_nodes + facts(b).num_nodes) > _MAX_BRANCHING:
        return None
    if _is_apart(a, b, far := tuple(breakpoints.points(switches, points[:_NUM_BASES]))):
        return False
    if verdict is None:
        integers: list[Point] = [{name: row[i % 6] for i, name in enumerate(sorted(names))} for row in _INTEGERS]
        near = [point for point in far if closeness(a, b, point, is_real=True)]
        verdict = _agreement(
            a, b, near[:: len(near) // _NUM_AGREEING] if len(near) > _NUM_AGREEING else integers, is_real=True
        )
    return verdict


def _is_apart(a: Tree, b: Tree, points: Iterable[Point]) -> bool:
    """Whether doubles differ at some point, and many digits confirm it."""
    return any(
        closeness(a, b, point, is_real=True) is False and _same_there(a, b, point, is_real=True) is False
        for point in points
    )


def _at_integers(a: Tree, b: Tree, names: frozenset[str]) -> bool | None:
    """Equality with sums to a variable bound: at some integers."""
    for row in _INTEGERS:
        point: dict[str, Tree] = {name: Num(row[i % 6]) for i, name in enumerate(sorted(names))}
        verdict = constants.same_constant(substituted(a, point), substituted(b, point))
        if not verdict:
            return verdict
    return True


def substituted(tree: Tree, point: Mapping[str, Tree]) -> Tree:
    """The scalar with other trees for its variables."""
    return mapped(tree, lambda node: point.get(node.name, node) if isinstance(node, Var) else node)


def _points(names: frozenset[str]) -> list[Point]:
    order = sorted(names)
    return [{name: Fraction(str(row[i % 12])) + OFFSET + i // 12 for i, name in enumerate(order)} for row in _REALS]


def _agreement(a: Tree, b: Tree, points: Iterable[Point], *, is_real: bool) -> bool | None:
    """Whether they agree wherever both are defined; None where that is nowhere, or too rarely.

    Doubles find what differs; precision confirms what agrees.
    """
    agreeing: list[Point] = []
    num_confirmed = 0
    for point in points:
        close = closeness(a, b, point, is_real=True) if is_real else None
        if close is False:
            return False
        if close:
            agreeing.append(point)
            continue
        same = _same_there(a, b, point, is_real=is_real)
        if same is False:
            return False
        num_confirmed += same is True
    for point in agreeing[:_NUM_CONFIRMED]:
        if not _same_there(a, b, point, is_real=is_real):
            return None
    return True if len(agreeing) + num_confirmed >= _NUM_AGREEING else None


def _same_there(a: Tree, b: Tree, point: Point, *, is_real: bool) -> bool | None:
    try:
        same = constants.equal_at(a, b, point, is_real=is_real)
    except CannotEvaluateError:
        return None
    return same

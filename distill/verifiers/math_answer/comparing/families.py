r"""Solutions with an integer parameter: `x = \pi/4 + k\pi, k \in \mathbb{Z}`, and unions of such."""

from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

from distill.verifiers.math_answer.comparing.parameters import declared_integers
from distill.verifiers.math_answer.numbers import constants, scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Items,
    Num,
    Quantity,
    Relation,
    Tree,
    Var,
    is_scalar,
    negative,
    variables,
    walk,
)

_PARAMETERS = frozenset("kmn")
"""Letters that stand for an integer in a multiple of pi where nothing is said."""
_MAX_DENOMINATOR = 360
_MAX_CLASSES = 64


class Progression(NamedTuple):
    """The values `start + k * step` for all integers k."""

    start: Tree
    step: Tree


@lru_cache(maxsize=4096)
def progressions(tree: Tree, is_beside_one: bool = False) -> list[Progression] | None:
    """The families that a tree lists, with parameters that are integers; else None.

    Beside another family, k, m and n are integers although nothing says so.
    """
    if not variables(tree):
        return None
    declared = declared_integers(tree) | (_PARAMETERS if is_beside_one else set())
    items = tree.items if isinstance(tree, Items) and tree.kind in {"list", "set"} else (tree,)
    found = [_progression(_value(item), declared) for item in items if not _is_declaration(item)]
    return [family for family in found if family] if found and None not in found else None


def _is_declaration(item: Tree) -> bool:
    return isinstance(item, Relation) and item.signs == ("in",) and bool(declared_integers(item))


def _value(tree: Tree) -> Tree:
    """What an equality assigns, with the degree sign as a factor."""
    if isinstance(tree, Relation) and set(tree.signs) <= {"="} and isinstance(tree.terms[0], Var):
        tree = tree.terms[-1]
    return Apply("deg", (tree.value,)) if isinstance(tree, Quantity) and tree.unit == "deg" else tree


def _progression(tree: Tree, declared: set[str]) -> Progression | None:
    match tree:
        case Relation(terms=(Var(), Apply(op="residue", args=(start, step)))):
            return Progression(start, step)
    if not is_scalar(tree):
        return None
    names = constants.facts(tree).names
    is_family = names <= declared or (names <= _PARAMETERS and any(_is_angle(node) for node in walk(tree)))
    if len(names) != 1 or not is_family:
        return None
    (name,) = names
    start, second, third = (substituted(tree, {name: Num(k)}) for k in (0, 1, 2))
    step = _minus(second, start)
    return Progression(start, step) if scalars.same_scalar(_minus(third, second), step) else None


def _is_angle(node: Tree) -> bool:
    return node == Const("pi") or (isinstance(node, Apply) and node.op == "deg")


def same_families(a: list[Progression], b: list[Progression]) -> bool | None:
    """Whether two unions of progressions hold the same values: their starts are compared modulo a common step."""
    unit = a[0].step
    ratios = [_ratio(family.step, unit) for family in (*a, *b)]
    steps = [ratio for ratio in ratios if ratio]
    if len(steps) != len(ratios):
        return None
    common = Fraction(lcm(*(s.numerator for s in steps)), gcd(*(s.denominator for s in steps)))
    if sum(common / step for step in steps) > _MAX_CLASSES:
        return None
    period = Apply("mul", (Num(common), unit))
    classes = [
        [
            Apply("add", (family.start, Apply("mul", (Num(k * step), unit))))
            for family, step in zip(families, steps_, strict=True)
            for k in range(int(common / step))
        ]
        for families, steps_ in ((a, steps[: len(a)]), (b, steps[len(a) :]))
    ]
    return _covers(classes[0], classes[1], period) and _covers(classes[1], classes[0], period)


def _ratio(step: Tree, unit: Tree) -> Fraction | None:
    """The size of a step in units of another, where that is rational."""
    value = constants.approximate(Apply("div", (step, unit)))
    if not value:
        return None
    ratio = Fraction(abs(value)).limit_denominator(_MAX_DENOMINATOR)
    signed = Num(ratio if value > 0 else -ratio)
    return ratio if scalars.same_scalar(step, Apply("mul", (signed, unit))) else None


def _covers(starts: list[Apply], others: list[Apply], period: Tree) -> bool | None:
    """Whether every start is one of the others, up to whole periods."""
    is_open = False
    for start in starts:
        verdicts = [_is_congruent(start, other, period) for other in others]
        if True not in verdicts:
            if None not in verdicts:
                return False
            is_open = True
    return None if is_open else True


def _is_congruent(a: Tree, b: Tree, period: Tree) -> bool | None:
    distance = constants.approximate(Apply("div", (_minus(a, b), period)))
    if distance is None or abs(distance) > 10**6:
        return None
    return scalars.same_scalar(a, Apply("add", (b, Apply("mul", (Num(round(distance)), period)))))


def _minus(a: Tree, b: Tree) -> Tree:
    return Apply("add", (a, negative(b)))

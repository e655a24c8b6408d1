"""Equations and inequalities that assign nothing: proportional ones, curves, branches of a curve."""

from fractions import Fraction
from typing import NamedTuple

from distill.verifiers.math_answer.numbers import breakpoints, constants, expressions, scalars
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.breakpoints import OFFSET
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.tree import Apply, Items, Num, Relation, Tree, Var, is_scalar, variables

_MIRRORED = {">": "<", ">=": "<="}
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


class _Difference(NamedTuple):
    """One side against zero: `a > b` is `b - a < 0`."""

    value: Tree
    sign: str


def same_relation(a: Relation, b: Relation) -> bool | None:
    """Whether two relations that are no assignments say the same; None where that is neither proved nor disproved."""
    if len(a.signs) != 1 or len(b.signs) != 1 or not (variables(a) and variables(b)):
        return _same_chain(a, b)
    left, right = _difference(a), _difference(b)
    if left is None or right is None:
        return None
    ratio = _constant_ratio(left.value, right.value)
    if ratio:
        is_either_way = left.sign in {"=", "!="}
        return left.sign == right.sign if ratio > 0 or is_either_way else None
    if left.sign == right.sign == "=":
        return _same_curve(a, b)
    return None


def _same_chain(a: Relation, b: Relation) -> bool | None:
    """Whether `a < x <= b` is written with equal terms, from either end."""
    a, b = (_reversed(c) if c.signs[0] in _MIRRORED else c for c in (a, b))
    if a.signs != b.signs:
        return None
    is_same = all(
        is_scalar(x) and is_scalar(y) and scalars.same_scalar(x, y) for x, y in zip(a.terms, b.terms, strict=True)
    )
    return True if is_same else None


def _reversed(relation: Relation) -> Relation:
    return Relation(relation.terms[::-1], tuple(FLIPPED.get(sign, sign) for sign in relation.signs[::-1]))


def _difference(relation: Relation) -> _Difference | None:
    if len(relation.terms) != 2 or not all(map(is_scalar, relation.terms)):
        return None
    (left, right), (sign,) = relation.terms, relation.signs
    if sign in _MIRRORED:
        left, right, sign = right, left, _MIRRORED[sign]
    return _Difference(_minus(left, right), sign)


def _minus(left: Tree, right: Tree) -> Tree:
    return left if right == Num(0) else Apply("add", (left, Apply("neg", (right,))))


_AT = tuple(Fraction(n, 100) + OFFSET for n in (137, 61, 223, 29, 183, 271, 83, 413, 111, 367, 47, 97))


def _constant_ratio(a: Tree, b: Tree) -> float | None:
    """The c of a = c b, 0 where there is none, None where that is undecided; only its sign may be used."""
    names = sorted(constants.facts(a).names | constants.facts(b).names)
    if constants.facts(a).names != constants.facts(b).names:
        return 0
    for shift in range(4):
        point = {name: Num(_AT[(i + shift) % 12] + shift) for i, name in enumerate(names)}
        a_there, b_there = expressions.substituted(a, point), expressions.substituted(b, point)
        try:
            top, bottom = evaluate(a_there, FLOATS, {}), evaluate(b_there, FLOATS, {})
        except CannotEvaluateError:
            continue
        if isinstance(top, complex) or isinstance(bottom, complex) or abs(top) < 1e-9 or abs(bottom) < 1e-9:
            continue
        is_same = scalars.same_scalar(Apply("mul", (a, b_there)), Apply("mul", (b, a_there)))
        return None if is_same is None else top / bottom * is_same
    return None


# -- curves


def same_branches(equation: Tree, branches: Tree) -> bool | None:
    """Whether an equation is solved by a list of values for one of its variables, as `x^2 = 4` by `x = 2, x = -2`."""
    if not (isinstance(equation, Relation) and isinstance(branches, Items)):
        return None
    name = ""
    product: Tree = Num(1)
    left = _difference(equation)
    for item in branches.items:
        found = _explicit(item) if isinstance(item, Relation) and item.signs == ("=",) else None
        if found is None or left is None or name not in {"", found[0]}:
            return None
        name = found[0]
        product = Apply("mul", (product, _minus(Var(name), found[1])))
    if left is None or left.sign != "=":
        return None
    return True if _constant_ratio(left.value, product) else None


def same_value(equation: Relation, value: Tree) -> bool | None:
    """Whether an expression is what an equation gives for its one other variable, or what it sets to zero."""
    left = _difference(equation)
    if left is None or left.sign != "=" or not is_scalar(value):
        return None
    missing = variables(left.value) - variables(value)
    if len(missing) == 1:
        return _same_curve(equation, Relation((Var(*missing), value), ("=",)))
    return True if not missing and variables(value) and _constant_ratio(left.value, value) else None


def _explicit(relation: Relation) -> tuple[str, Tree] | None:
    """The variable that an equation is solved for, and its value."""
    for target, value in (relation.terms, relation.terms[::-1]):
        if isinstance(target, Var) and is_scalar(value) and target.name not in variables(value):
            return target.name, value
    return None


def _same_curve(a: Relation, b: Relation) -> bool | None:
    """Whether two equations have the same solutions: one solved for a variable lies on the other, which has no more."""
    left, right = _difference(a), _difference(b)
    if left is None or right is None:
        return None
    if _is_off(left.value, right.value) or _is_off(right.value, left.value):
        return False
    for solved, other in ((a, right), (b, left)):
        explicit = _explicit(solved)
        if explicit is None:
            continue
        name, value = explicit
        is_on = scalars.same_scalar(expressions.substituted(other.value, {name: value}), Num(0))
        if is_on and _is_linear_in(other.value, name):
            return True
    return None


def _is_off(curve: Tree, other: Tree) -> bool:
    """Whether some point where `curve` changes its sign is none where `other` is zero."""
    names = sorted(constants.facts(curve).names | constants.facts(other).names)
    for shift in range(2):
        for name in names:
            env = {n: float(_AT[(i + 3 * shift) % 12]) + i // 12 for i, n in enumerate(names) if n != name}
            for zero in breakpoints.roots(breakpoints.along(curve, name, env)):
                beside = {**env, name: zero * (1 + _STEP) + _STEP}
                if _is_small(curve, beside) and _is_small(other, {**env, name: zero}) is False:
                    return True
    return False


_STEP = 1e-6
"""From a zero to a place beside it, where doubles have digits left."""
_SMALL = 1e-3
"""Of a sum, relative to its largest term: what a step from a zero leaves, and far above what doubles lose."""


def _is_small(tree: Tree, point: dict[str, float]) -> bool | None:
    """Whether the terms of a sum nearly cancel there, unlike at a pole; None without a real value."""
    try:
        value = evaluate(tree, FLOATS, point)
        terms: list[complex] = [evaluate(term, FLOATS, point) for term in _terms(tree)]
    except CannotEvaluateError:
        return None
    return None if isinstance(value, complex) else abs(value) <= _SMALL * max(_SMALL, *map(abs, terms))


def _terms(tree: Tree) -> list[Tree]:
    match tree:
        case Apply(op="add", args=args):
            return [term for arg in args for term in _terms(arg)]
        case _:
            return [tree]


def _is_polynomial(tree: Tree) -> bool:
    """Whether it is a polynomial in its variables."""
    match tree:
        case _ if not variables(tree):
            return True
        case Var():
            return True
        case Apply(op="add" | "mul" | "neg", args=args):
            return all(_is_polynomial(arg) for arg in args)
        case Apply(op="div", args=(top, bottom)):
            return not variables(bottom) and _is_polynomial(top)
        case Apply(op="pow", args=(base, Num(value=int(exponent)))):
            return exponent >= 0 and _is_polynomial(base)
        case _:
            return False


def _is_linear_in(tree: Tree, name: str) -> bool:
    at = [expressions.substituted(tree, {name: Num(x)}) for x in (0, 1, 2)]
    bend = Apply("add", (Apply("add", (at[2], at[0])), Apply("mul", (Num(-2), at[1]))))
    return _is_polynomial(tree) and scalars.same_scalar(bend, Num(0)) is True

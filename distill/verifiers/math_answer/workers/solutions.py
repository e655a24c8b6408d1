"""Conditions on one real variable, proved equal by what solves them."""

from collections.abc import Callable

import sympy
from sympy import Basic, Set

from distill.verifiers.math_answer.tree import Interval, Items, Relation, SetOp, Tree, Var, is_scalar, variables
from distill.verifiers.math_answer.workers.conversion import converted

_RELATIONS: dict[str, Callable[[Basic, Basic], Basic]] = {
    "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "=": sympy.Eq, "!=": sympy.Ne,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[[Set, Set], Set]] = {
    "union": sympy.Union, "intersection": sympy.Intersection, "minus": sympy.Complement,
}  # fmt: skip


def same_solutions(a: Tree, b: Tree) -> bool | None:
    """True where both are sets, or conditions on one variable, and sympy finds the same solutions; else open."""
    names = variables(a) | variables(b)
    if len(names) != 1 or is_scalar(a) or is_scalar(b):
        return None
    try:
        sets = _solutions(a), _solutions(b)
        return True if sets[0] == sets[1] or all(_is_empty(x - y) for x, y in (sets, sets[::-1])) else None
    except (KeyError, NotImplementedError):
        return None


def _is_empty(found: Set) -> bool:
    return bool(found == sympy.S.EmptySet)


def _solutions(tree: Tree) -> Set:
    """The real numbers for which a condition holds, or which a set holds.

    Raises:
        KeyError: It is no such thing.
        NotImplementedError: sympy cannot solve it.
    """
    match tree:
        case Relation(terms=(Var(), domain), signs=("in",)):
            return _solutions(domain)
        case Relation(terms=terms, signs=signs):
            sides = [converted(term, is_real=True) for term in terms]
            pairs = zip(sides, sides[1:], signs, strict=False)
            return sympy.Intersection(*(_RELATIONS[sign](left, right).as_set() for left, right, sign in pairs))
        case SetOp(op="R"):
            return sympy.S.Reals
        case SetOp(op=op, args=(left, right)):
            return _OPERATIONS[op](_solutions(left), _solutions(right))
        case Interval(low=low, high=high, is_low_closed=is_low_closed, is_high_closed=is_high_closed):
            return sympy.Interval(converted(low), converted(high), not is_low_closed, not is_high_closed)
        case Items(kind="(" | "[" as kind, items=(low, high)) if is_scalar(low) and is_scalar(high):
            return sympy.Interval(converted(low), converted(high), kind == "(", kind == "(")
        case Items(kind="set", items=items):
            return sympy.FiniteSet(*(converted(item) for item in items))
        case Items(kind="list", items=items) if all(isinstance(item, Relation) for item in items):
            united = sympy.Union(*map(_solutions, items))
            return united if united != sympy.S.Reals else sympy.Intersection(*map(_solutions, items))
        case _:
            raise KeyError(type(tree).__name__)

"""Assignments: a name, and the value that a chain of equalities gives it."""

from itertools import pairwise
from typing import NamedTuple

from distill.verifiers.math_answer.numbers import scalars
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Ratio,
    Relation,
    Tree,
    Var,
    is_scalar,
    variables,
    walk,
)


class Assigned(NamedTuple):
    """`x = 5`: a name and the value it is given. The name is "" where the left side is a plain computation."""

    name: str
    value: Tree
    target: Tree
    """What stood left of the sign."""


def assigned(relation: Tree) -> Assigned | None:
    """The assignment that a chain of equalities makes: `x = 2 + 3 = 5`. None for proper equations.

    Raises:
        ContradictionError: The chain equates values that differ: `17 = 5`.
    """
    if not (isinstance(relation, Relation) and set(relation.signs) <= {"=", "~", "≡"}):
        return None
    terms = relation.terms
    if len(terms) == 2 and _name(terms[0]) is None and _name(terms[1]) is not None and not variables(terms[0]):
        terms = (terms[1], terms[0])
    names = [_name(term) for term in terms[:-1]]
    values = [term for term, name in zip(terms, [*names, None], strict=True) if name is None]
    if names[0] is None and variables(terms[0]) and not _is_plain_combination(terms[0]):
        return None
    if names[0] is None and not variables(terms[0]):
        if any(variables(term) for term in terms):
            return None
        name, target = "", terms[0]
    else:
        name, target = names[0] or "+", terms[0]
        values = values[1:] if names[0] is None else values
    if isinstance(target, Var) and target.name in variables(terms[-1]):
        return None
    _check_chain(values)
    return Assigned(name, terms[-1], target)


class ContradictionError(ValueError):
    """An answer equates values that differ, so it asserts nothing."""


def equates_different_values(tree: Tree) -> bool:
    """Whether a chain of equalities is wrong in itself: `17 = 5`."""
    try:
        assigned(tree)
    except ContradictionError:
        return True
    return False


def _check_chain(values: list[Tree]) -> None:
    for a, b in pairwise(values):
        if is_scalar(a) and is_scalar(b) and scalars.same_scalar(a, b) is False:
            raise ContradictionError("it equates different values")


def _name(tree: Tree) -> str | None:
    """The name that a left side gives: a variable, `f(x)`, `|AB|`, `A:B`, `AB/CD`, `(p, q)`, `angle ABC`."""
    match tree:
        case Var(name=name):
            return name
        case Apply(op=op) if op.startswith("f:"):
            return op if all(isinstance(arg, Var) for arg in tree.args) else f"{op}{tree.args}"
        case Apply(op="abs", args=(Var(name=name),)) if len(name) > 1:
            return f"|{name}|"
        case Apply(op="div", args=(Var(name=top), Var(name=bottom))) if len(top) > 1 or len(bottom) > 1:
            return f"{top}/{bottom}"
        case Apply(
            op="div",
            args=(Apply(op="mul", args=(Var("d"), Var(name=top))), Apply(op="mul", args=(Var("d"), Var(name=bottom)))),
        ):
            return f"d{top}/d{bottom}"
        case Apply(op="mul", args=(Var(name="angle" | "triangle" as kind), Var(name=name))):
            return f"{kind} {name}"
        case Items(kind="set", items=(item,)):
            return _name(item)
        case Ratio(parts=parts) | Items(kind="(" | "list", items=parts):
            names = [_name(part) for part in parts]
            return None if None in names else ",".join(name for name in names if name)
        case _:
            return None


def _is_plain_combination(tree: Tree) -> bool:
    """Whether it is a sum or product of bare variables, as in `a + b = 5`."""
    return is_scalar(tree) and all(
        isinstance(n, Var) or (isinstance(n, Apply) and n.op in {"add", "mul"}) for n in walk(tree)
    )


def asserts_nothing(relation: Relation) -> bool:
    """Whether it is an equality of one and the same: `x = x`, `2(x + 1) = 2x + 2`, `1 = 1`."""
    terms = relation.terms
    if set(relation.signs) != {"="} or not all(map(is_scalar, terms)):
        return False
    if len(set(terms)) == 1:
        return True
    return any(map(variables, terms)) and all(scalars.same_scalar(terms[0], term) for term in terms[1:])

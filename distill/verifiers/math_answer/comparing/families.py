r"""Solutions with an integer parameter: `x = \pi/4 + k\pi, k \in \mathbb{Z}`."""

from typing import NamedTuple

from distill.verifiers.math_answer.numbers import constants, scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import Apply, Items, Num, Relation, SetOp, Tree, Var, is_scalar, negative

_PARAMETERS = frozenset("kmn")
"""Letters that stand for an integer where nothing is said."""


class Progression(NamedTuple):
    """The values `start + k * step` for all integers k."""

    start: Tree
    step: Tree


def progression(tree: Tree) -> Progression | None:
    """The values of a residue class, or of an expression whose parameter is declared an integer; else None."""
    match tree:
        case Relation(terms=(Var(), Apply(op="residue", args=(start, step)))):
            return Progression(start, step)
    declared = _declared(tree)
    if declared is None:
        return None
    value, name = declared
    if not is_scalar(value) or constants.facts(value).names != {name}:
        return None
    start, second, third = (substituted(value, {name: Num(k)}) for k in (0, 1, 2))
    step = _minus(second, start)
    return Progression(start, step) if scalars.same_scalar(_minus(third, second), step) else None


def renamed(declared: Tree, bare: Tree) -> Tree | None:
    r"""The value of a family that declares its parameter, in the parameter of one that does not.

    `\pi n, n \in \mathbb{Z}` for `\pi k` is `\pi k`; None where the other is no such family.
    """
    found = _declared(declared)
    if found is None or not is_scalar(bare) or not is_scalar(found[0]):
        return None
    names = constants.facts(bare).names
    value, name = found
    return substituted(value, {name: Var(*names)}) if len(names) == 1 and names <= _PARAMETERS else None


def _declared(tree: Tree) -> tuple[Tree, str] | None:
    """A value and the parameter that is said to be an integer."""
    match tree:
        case Items(kind="list", items=(body, Relation(terms=(Var(name=name), SetOp(op="Z")), signs=("in",)))):
            return (body.terms[-1] if isinstance(body, Relation) and set(body.signs) == {"="} else body), name
        case _:
            return None


def same_progression(a: Progression, b: Progression) -> bool | None:
    """Whether the values are the same: equal steps, and starts that are whole steps apart."""
    verdicts = [scalars.same_scalar(a.step, step) for step in (b.step, negative(b.step))]
    if True not in verdicts:
        return None if None in verdicts else False
    distance = constants.approximate(Apply("div", (_minus(a.start, b.start), a.step)))
    if distance is None or abs(distance) > 10**6:
        return None
    shift = Apply("mul", (Num(round(distance)), a.step))
    return scalars.same_scalar(a.start, Apply("add", (b.start, shift)))


def _minus(a: Tree, b: Tree) -> Tree:
    return Apply("add", (a, negative(b)))

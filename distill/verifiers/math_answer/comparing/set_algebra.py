r"""Formulas of named sets: `A \cup B`, proved by all the ways in which something lies in the sets or does not."""

from collections.abc import Mapping
from itertools import product

from distill.verifiers.math_answer.tree import Apply, SetOp, Tree, Var, variables

_MAX_NAMES = 6


def same(a: Tree, b: Tree) -> bool | None:
    """Whether both are one set, whatever the named sets are; None where one is no formula of sets."""
    names = sorted({name.removeprefix(_OVERLINE).rstrip("'") for name in variables(a) | variables(b)} - {*_MARKS})
    if not 0 < len(names) <= _MAX_NAMES:
        return None
    ways = [dict(zip(names, inside, strict=True)) for inside in product((True, False), repeat=len(names))]
    verdicts = [(_holds(a, way), _holds(b, way)) for way in ways]
    if any(None in pair for pair in verdicts):
        return None
    return all(x == y for x, y in verdicts)


_OVERLINE = "overline "
_MARKS = ("c", "C", "complement")
"""Superscripts of a complement."""


def _holds(tree: Tree, inside: Mapping[str, bool]) -> bool | None:
    """Whether something that lies `inside` the named sets or not lies in this one."""
    match tree:
        case Var(name=name) if name in inside:
            return inside[name]
        case Var(name=name) if name.startswith(_OVERLINE) or name.endswith("'"):
            inner = _holds(Var(name.removeprefix(_OVERLINE).rstrip("'")), inside)
            return None if inner is None else not inner
        case Apply(op="pow", args=(base, Var(name=mark))) if mark in _MARKS:
            inner = _holds(base, inside)
            return None if inner is None else not inner
        case SetOp(op="union" | "intersection" | "minus" as op, args=(left, right)):
            sides = _holds(left, inside), _holds(right, inside)
            if sides[0] is None or sides[1] is None:
                return None
            return {"union": any(sides), "intersection": all(sides), "minus": sides[0] and not sides[1]}[op]
        case _:
            return None

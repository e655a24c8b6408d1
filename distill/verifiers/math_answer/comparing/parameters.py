"""Letters that an answer may choose: constants of integration, and integers that run through a family."""

import re
from collections.abc import Iterator
from itertools import permutations

from distill.verifiers.math_answer.numbers import constants, scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Items,
    Num,
    Relation,
    SetOp,
    Tree,
    Var,
    is_scalar,
    negative,
    operands,
    variables,
    walk,
)

_CONSTANT = re.compile(r"[Cc](?:_\d)?")
"""How a constant of integration is called."""
_OTHER_CONSTANT = re.compile(r"[A-DKack](?:_\d)?")
"""How it is called by who calls it otherwise."""
_INTEGERS = frozenset("klmnt")
"""Letters that stand for an integer where nothing is said."""
_MAX_RENAMED = 3


def renamed(ref: Tree, pred: Tree) -> Iterator[Tree]:
    """`pred` with the letters that it may choose called as in `ref`, in every way that makes sense."""
    names, others = _value_names(ref), _value_names(pred)
    wanted, given = sorted(names - others), sorted(others - names)
    if not 0 < len(wanted) == len(given) <= _MAX_RENAMED:
        return
    if _are_constants(wanted, given, ref, pred) or _are_integers({*wanted}, {*given}, ref, pred):
        for order in permutations(wanted):
            yield substituted(pred, {old: Var(new) for old, new in zip(given, order, strict=True)})


def _value_names(tree: Tree) -> frozenset[str]:
    """The variables of a tree, those left out that it only gives a value to."""
    if isinstance(tree, Relation) and set(tree.signs) == {"="}:
        target, value = variables(tree.terms[0]), variables(tree.terms[-1])
        return variables(tree) if target & value else value
    return variables(tree)


def _are_constants(wanted: list[str], given: list[str], ref: Tree, pred: Tree) -> bool:
    """Whether they are constants of integration: so called on one side, beside a variable that both sides share."""
    if not variables(ref) & variables(pred):
        return False
    for names, others in ((wanted, given), (given, wanted)):
        if all(map(_CONSTANT.fullmatch, names)) and all(map(_OTHER_CONSTANT.fullmatch, others)):
            return True
    return False


def _are_integers(wanted: set[str], given: set[str], ref: Tree, pred: Tree) -> bool:
    """Whether they are declared to be integers, or so called."""
    if len(wanted) != 1:
        return False
    is_declared = wanted <= declared_integers(ref) or given <= declared_integers(pred)
    return is_declared or (wanted | given <= _INTEGERS and (_has_pi(ref) or _is_assigned(ref)))


def declared_integers(tree: Tree) -> set[str]:
    r"""The letters that are said to be integers: k of `k\pi, k \in \mathbb{Z}`."""
    if is_scalar(tree):
        return set()
    return {
        node.terms[0].name
        for node in walk(tree)
        if isinstance(node, Relation) and isinstance(node.terms[0], Var) and node.signs == ("in",)
        and isinstance(node.terms[1], SetOp) and node.terms[1].op[:1] in {"Z", "N"}
    }  # fmt: skip


def _has_pi(tree: Tree) -> bool:
    return any(node == Const("pi") for node in walk(tree))


def _is_assigned(tree: Tree) -> bool:
    return isinstance(tree, Relation) or (isinstance(tree, Items) and any(isinstance(i, Relation) for i in tree.items))


def same_antiderivative(ref: Tree, pred: Tree) -> bool | None:
    """Whether both are one antiderivative `F(x) + C`, whatever multiple of C was added; None where they are none.

    `log` is the natural logarithm here.
    """
    if not (isinstance(ref, Apply) and ref.op == "add" and isinstance(pred, Apply) and pred.op == "add"):
        return None
    parts = _without_constant(ref), _without_constant(pred)
    if parts[0] is None or parts[1] is None or not variables(parts[0]) & variables(parts[1]):
        return None
    difference = Apply("add", (_natural(parts[0]), negative(_natural(parts[1]))))
    at = [substituted(difference, {name: Num(place) for name in variables(difference)}) for place in (1, 2)]
    return True if scalars.same_scalar(difference, at[0]) or scalars.same_scalar(difference, at[1]) else None


def _without_constant(tree: Tree) -> Tree | None:
    """A sum without its constant of integration, which has a rational factor; None where it has none."""
    terms = operands(tree, "add")
    kept = [term for term in terms if not _is_constant(term)]
    if len(kept) != len(terms) - 1 or not kept or any(map(_CONSTANT.fullmatch, variables(Items("list", tuple(kept))))):
        return None
    total: Tree = Num(0)
    for term in kept:
        total = Apply("add", (total, term))
    return total


def _is_constant(term: Tree) -> bool:
    match term:
        case Var(name=name):
            return _CONSTANT.fullmatch(name) is not None
        case Apply(op="mul", args=(factor, Var(name=name))) | Apply(op="div", args=(Var(name=name), factor)):
            return _CONSTANT.fullmatch(name) is not None and bool(constants.exact(factor))
        case Apply(op="neg", args=(arg,)):
            return _is_constant(arg)
        case _:
            return False


def _natural(tree: Tree) -> Tree:
    return scalars.with_log_base(tree, Const("e"))

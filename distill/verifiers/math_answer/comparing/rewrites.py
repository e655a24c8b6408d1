"""Notations that are put differently before two trees are compared: what they mean shows only beside the other tree."""

from collections.abc import Callable
from typing import NamedTuple

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing import vectors
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Phrase,
    Relation,
    SetOp,
    Tree,
    Var,
    children,
    is_scalar,
    variables,
)


class Rewrite(NamedTuple):
    """A reference and an answer are replaced by what `rewrite` makes of both, where the rewrite `applies`."""

    applies: Callable[[Tree, Tree], bool]
    rewrite: Callable[[Tree, Tree], tuple[Tree, Tree]]


def rewritten(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    """Both trees after all rewrites that apply, each of which sees what those before it made."""
    for applies, rewrite in REWRITES:
        if applies(ref, pred):
            ref, pred = rewrite(ref, pred)
    return ref, pred


# -- a name around a value: `x in S` is S, one item in braces is itself, "all integers" is Z


def _is_any_structure(ref: Tree, pred: Tree) -> bool:
    return not (is_scalar(ref) and is_scalar(pred))


def _without_names(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    return _without_name(ref), _without_name(pred)


def _without_name(tree: Tree) -> Tree:
    match tree:
        case Relation(terms=(_, target), signs=("in",)):
            return target
        case Items(kind="set" | "list", items=(item,)) if not (isinstance(item, Items) and item.kind == "set"):
            return item
        case Phrase(words=words) if words in wording.NAMED_SETS:
            return SetOp(wording.NAMED_SETS[words])
        case _:
            return tree


# -- a named point for a tuple: `P(2, -3)` for `(2, -3)`


def _is_named_point(ref: Tree, pred: Tree) -> bool:
    is_applied = isinstance(pred, Apply) and pred.op.startswith("f:")
    return is_applied and isinstance(ref, Items) and len(children(pred)) == len(ref.items)


def _as_tuple(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    return ref, Items("(", children(pred))


# -- a number of choices, which reads as a function: `C(n, k)`


def _is_choice(ref: Tree, pred: Tree) -> bool:
    return isinstance(pred, Apply) and pred.op == "f:C" and len(pred.args) == 2 and is_scalar(ref)


def _as_binomial(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    return ref, Apply("binom", children(pred))


# -- a sum of unit vectors for a tuple or column: `3i - 2j` for `(3, -2)`


def _is_any_vector(ref: Tree, pred: Tree) -> bool:
    return vectors.num_components(ref) > 0 or vectors.num_components(pred) > 0


def _as_components(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    return (
        vectors.components(ref, vectors.num_components(pred)),
        vectors.components(pred, vectors.num_components(ref)),
    )


# -- a remark on a variable of the answer that only one side makes: `a_n = 2^n, n \\ge 1`


def _is_one_qualified(ref: Tree, pred: Tree) -> bool:
    return (qualified(ref) is None) != (qualified(pred) is None)


def _without_qualifiers(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    found = qualified(ref), qualified(pred)
    return found[0].main if found[0] else ref, found[1].main if found[1] else pred


class Qualified(NamedTuple):
    """An answer, and what it says of variables that run through it."""

    main: Tree
    remarks: tuple[Tree, ...]


def qualified(tree: Tree) -> Qualified | None:
    """An answer that only such remarks follow; None for anything else."""
    if not isinstance(tree, Items) or tree.kind != "list" or len(tree.items) < 2:
        return None
    main, *remarks = tree.items
    is_equal = not isinstance(main, Relation) or set(main.signs) == {"="}
    if not (is_equal and all(_is_remark_on(item, main) for item in remarks)):
        return None
    return Qualified(main, tuple(map(_as_bound, remarks)))


_LEAST = {"Z>=0": Num(0), "Z>0": Num(1), "N": Num(1)}
_INTEGERS = frozenset("klmn")


def _as_bound(remark: Tree) -> Tree:
    r"""`k \in \mathbb{Z}_{\ge 0}` as a bound, where a letter stands for an integer anyway."""
    match remark:
        case Relation(terms=(Var(name=name), SetOp(op=op)), signs=("in",)) if name in _INTEGERS and op in _LEAST:
            return Relation((Var(name), _LEAST[op]), (">=",))
        case _:
            return remark


def _is_remark_on(item: Tree, main: Tree) -> bool:
    if not isinstance(item, Relation) or "=" in item.signs or "~" in item.signs:
        return False
    named = variables(item)
    target = main.terms[0] if isinstance(main, Relation) else None
    return bool(named) and named <= variables(main) and not (isinstance(target, Var) and target.name in named)


REWRITES = (
    Rewrite(_is_one_qualified, _without_qualifiers),
    Rewrite(_is_any_structure, _without_names),
    Rewrite(_is_named_point, _as_tuple),
    Rewrite(_is_choice, _as_binomial),
    Rewrite(_is_any_vector, _as_components),
)
"""In the order in which they are tried."""

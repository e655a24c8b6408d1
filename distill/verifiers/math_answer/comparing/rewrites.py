"""Notations that are put differently before two trees are compared: what they mean shows only beside the other tree."""

from collections.abc import Callable
from typing import NamedTuple

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing import families, vectors
from distill.verifiers.math_answer.tree import Apply, Items, Phrase, Relation, SetOp, Tree, children, is_scalar


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
        case Items(kind="set" | "list", items=(item,)):
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


# -- a family whose parameter only one side declares: `\pi n, n \in \mathbb{Z}` for `\pi k`


def _is_one_progression(ref: Tree, pred: Tree) -> bool:
    return (families.progression(ref) is None) != (families.progression(pred) is None)


def _with_one_parameter(ref: Tree, pred: Tree) -> tuple[Tree, Tree]:
    return families.renamed(ref, pred) or ref, families.renamed(pred, ref) or pred


REWRITES = (
    Rewrite(_is_any_structure, _without_names),
    Rewrite(_is_named_point, _as_tuple),
    Rewrite(_is_choice, _as_binomial),
    Rewrite(_is_any_vector, _as_components),
    Rewrite(_is_one_progression, _with_one_parameter),
)
"""In the order in which they are tried."""

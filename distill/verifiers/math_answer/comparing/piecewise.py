"""Functions given piece by piece: values with the conditions under which they hold."""

from fractions import Fraction
from typing import NamedTuple

from distill.verifiers.math_answer.comparing import sets
from distill.verifiers.math_answer.comparing.pairing import Pairing, all_of
from distill.verifiers.math_answer.numbers import scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import Items, Num, Phrase, Relation, Tree, is_scalar, variables

_REST = frozenset({"otherwise", "else", "其他", "否则"})


class Branch(NamedTuple):
    """A value, and where it holds."""

    value: Tree
    where: sets.Pieces


def pieces(tree: Tree) -> list[Branch] | None:
    """The pieces of a function of one variable; None for anything else."""
    if isinstance(tree, Relation) and tree.signs == ("=",):
        tree = tree.terms[1]
    if not isinstance(tree, Items) or tree.kind != "list" or len(variables(tree)) > 1:
        return None
    found: list[Branch] = []
    for item in tree.items:
        match item:
            case Items(kind="(", items=(value, Relation() as condition)):
                where = sets.pieces(condition)
            case Items(kind="(", items=(value, Phrase(words=words))) if words in _REST:
                where = sets.outside(part for piece in found for part in piece.where)
            case _:
                return None
        if where is None:
            return None
        found.append(Branch(value, where))
    return found


def whole(tree: Tree) -> list[Branch]:
    """A function without pieces, as one that holds everywhere; [] for what is no function."""
    if isinstance(tree, Relation) and tree.signs == ("=",):
        tree = tree.terms[1]
    return [Branch(tree, sets.ALL)] if is_scalar(tree) else []


def same_pieces(refs: list[Branch], preds: list[Branch], pairing: Pairing) -> bool | None:
    """Whether they are the same function: equal values wherever a piece of one meets a piece of the other.

    Values that differ as expressions may agree where they hold, as |x| and x do: a point decides, or nothing does.
    """
    if not (refs and preds):
        return None
    united = [sets.outside(part for piece in side for part in piece.where) for side in (refs, preds)]
    if united[0] is None or united[1] is None:
        return None
    if not sets.same_pieces(united[0], united[1]):
        return False
    verdicts: list[bool | None] = []
    for ref in refs:
        for pred in preds:
            places = sets.sampled(ref.where, pred.where)
            verdicts.append(not places or pairing.same(ref.value, pred.value) or _at(ref.value, pred.value, places))
    return all_of(verdicts)


def _at(a: Tree, b: Tree, places: list[Fraction]) -> bool | None:
    """False where two values differ at one of the places; else open."""
    names = variables(a) | variables(b)
    points = [{name: Num(place) for name in names} for place in places]
    is_apart = any(scalars.same_scalar(substituted(a, at), substituted(b, at)) is False for at in points)
    return False if is_apart else None

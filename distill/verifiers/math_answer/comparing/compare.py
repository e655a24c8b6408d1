"""Whether two trees are the same answer, by type. Three-valued: None is undecided, and stays so."""

from collections.abc import Callable
from functools import partial

from distill.verifiers.math_answer.comparing import (
    equations,
    families,
    lists,
    membership,
    parameters,
    phrases,
    piecewise,
    quantities,
    relating,
    set_algebra,
    sets,
)
from distill.verifiers.math_answer.comparing.pairing import Pairing, all_of
from distill.verifiers.math_answer.comparing.relations import ContradictionError
from distill.verifiers.math_answer.comparing.rewrites import Qualified, qualified, rewritten
from distill.verifiers.math_answer.convention import Convention
from distill.verifiers.math_answer.numbers import scalars
from distill.verifiers.math_answer.tree import (
    Apply,
    Based,
    Dots,
    Interval,
    Items,
    Matrix,
    Num,
    Phrase,
    Quantity,
    Ratio,
    Relation,
    SetOp,
    Tree,
    Var,
    is_scalar,
    operands,
)  # fmt: skip


def same(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """Whether `pred` says what `ref` says: True and False are proofs.

    Raises:
        ContradictionError: One of them equates values that differ.
    """
    if isinstance(ref, Num) and isinstance(pred, Num) and not convention.is_exact_form:
        return quantities.same_number(ref, pred, convention)
    if ref == pred and is_scalar(ref) and convention.is_unreduced_accepted:
        return True
    if _are_on_others(ref, pred):
        return False
    series, given = families.progressions(ref), families.progressions(pred)
    if (series is None) != (given is None):
        series, given = families.progressions(ref, bool(given)), families.progressions(pred, bool(series))
    if series and given:
        return families.same_families(series, given)
    verdict = _by_kind(*rewritten(ref, pred), convention)
    if verdict is True:
        return True
    renamed = [_by_kind(*rewritten(ref, candidate), convention) for candidate in parameters.renamed(ref, pred)]
    return True if True in renamed else None if None in renamed else verdict


def _are_on_others(ref: Tree, pred: Tree) -> bool:
    """Whether both are ranges, at least one of them by membership, of variables of other names."""
    if not (isinstance(ref, Relation) and isinstance(pred, Relation) and "in" in {*ref.signs, *pred.signs}):
        return False
    names = [[term.name for term in relation.terms if isinstance(term, Var)] for relation in (ref, pred)]
    return len(names[0]) == len(names[1]) == 1 and names[0] != names[1]


def _by_kind(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    if is_scalar(ref) and is_scalar(pred):
        return _numbers(ref, pred, convention)
    remarked = qualified(ref), qualified(pred)
    if remarked[0] and remarked[1]:
        return _same_with_remarks(remarked[0], remarked[1], _pairing(convention))
    if isinstance(ref, Relation) and "~" in ref.signs:
        return _approximated(pred, ref, lambda given, wanted: same(wanted, given, convention))
    if isinstance(pred, Relation) and "~" in pred.signs:
        return _approximated(ref, pred, partial(same, convention=convention))
    pieces = piecewise.pieces(ref), piecewise.pieces(pred)
    if pieces[0] or pieces[1]:
        sides = pieces[0] or piecewise.whole(ref), pieces[1] or piecewise.whole(pred)
        return piecewise.same_pieces(*sides, _pairing(convention))
    for equation, branches in ((ref, pred), (pred, ref)):
        if equations.same_branches(equation, branches):
            return True
    if isinstance(ref, Relation) or isinstance(pred, Relation):
        return relating.same_with_relation(ref, pred, _pairing(convention))
    if lists.applies(ref, pred):
        return lists.same_items(ref, pred, _pairing(convention))
    return _values(ref, pred, convention)


def _same_with_remarks(ref: Qualified, pred: Qualified, pairing: Pairing) -> bool | None:
    is_same = pairing.same(ref.main, pred.main)
    if len(ref.remarks) != len(pred.remarks):
        return None if is_same else is_same
    return all_of([is_same, pairing.in_any_order(ref.remarks, pred.remarks)])


def _pairing(convention: Convention) -> Pairing:
    return Pairing(partial(same, convention=convention), convention)


def _approximated(other: Tree, chain: Relation, is_same: Callable[[Tree, Tree], bool | None]) -> bool | None:
    """`x = 22/7 ≈ 3.14`: either side of the sign may be what was asked for, if they are near each other."""
    at = chain.signs.index("~") + 1
    before, after = (_chain(chain.terms[a:b], chain.signs[a : b - 1]) for a, b in ((0, at), (at, len(chain.terms))))
    if isinstance(before, Var):
        return is_same(other, after)
    verdict = is_same(other, before)
    exact = before.terms[-1] if isinstance(before, Relation) else before
    if quantities.is_near(exact, after) is False:
        raise ContradictionError("it rounds a value to another one")
    return verdict or is_same(other, after) or verdict


def _chain(terms: tuple[Tree, ...], signs: tuple[str, ...]) -> Tree:
    return Relation(terms, signs) if len(terms) > 1 else terms[0]


# -- single values


def _values(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    if isinstance(ref, Phrase) or isinstance(pred, Phrase):
        return phrases.same_phrases(ref, pred)
    if sets.is_set(ref) or sets.is_set(pred):
        return _same_sets(ref, pred, convention)
    match ref, pred:
        case (Based(), _) | (_, Based()):
            return quantities.same_numeral(ref, pred)
        case (Ratio(), _) | (_, Ratio()):
            return quantities.same_ratio(ref, pred, convention)
        case (Matrix(), _) | (_, Matrix()):
            return _same_matrices(ref, pred, convention)
        case Items(kind=kind, items=items), Items(kind=other, items=others):
            return (kind == other or len(items) != 2) and _pairing(convention).in_order(items, others)
        case (Items() | Dots(), _) | (_, Items() | Dots()):
            return ref == pred
        case _:
            return _numbers(ref, pred, convention)


def _numbers(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """Scalars, residues and quantities."""
    match ref, pred:
        case Apply(op="residue", args=(_, modulus)), Apply(op="residue", args=(given, other)):
            return all_of(
                [scalars.same_scalar(modulus, other), scalars.same_scalar(ref, Apply("residue", (given, modulus)))]
            )
        case Apply(op="residue", args=(value, _)), _:
            return same(value, pred, convention)
        case _, Apply(op="residue", args=(given, _)):
            return same(ref, given, convention)
        case _ if isinstance(ref, Quantity) or isinstance(pred, Quantity):
            return quantities.same_quantity(ref, pred, convention)
        case _ if is_scalar(ref) and is_scalar(pred):
            if convention.is_exact_form and _shape(ref) != _shape(pred):
                return False
            return parameters.same_antiderivative(ref, pred) or quantities.same_number(ref, pred, convention)
        case _:
            return False if type(ref) is not type(pred) else None


def _shape(tree: Tree) -> str:
    """How an expression is written, up to the order of sums and products."""
    match tree:
        case Apply(op="add" | "mul" as op):
            return f"{op}({' '.join(sorted(_shape(term) for term in operands(tree, op)))})"
        case Apply(op=op, args=args):
            return f"{op}({' '.join(_shape(arg) for arg in args)})"
        case _:
            return repr(tree)


def _same_sets(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    ref, pred = (Items("set", (tree,)) if is_scalar(tree) else tree for tree in (ref, pred))
    match ref, pred:
        case Interval() as a, Interval() as b:
            if (a.is_low_closed, a.is_high_closed) != (b.is_low_closed, b.is_high_closed):
                return False
            return all_of([same(a.low, b.low, convention), same(a.high, b.high, convention)])
        case SetOp(op=op, args=()), SetOp(op=other, args=()):
            return op == other
        case _:
            verdict = sets.same_set(ref, pred)
            if verdict is None:
                verdict = True if ref == pred else set_algebra.same(ref, pred)
            return False if verdict is None and membership.are_apart(ref, pred) else verdict


def _same_matrices(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    match ref, pred:
        case Matrix(rows=rows), Matrix(rows=others):
            if (len(rows), len(rows[0])) != (len(others), len(others[0])):
                return False
            return _pairing(convention).in_order(_cells(rows), _cells(others))
        case (Matrix(rows=rows), Items(kind="(" | "[", items=items)) if 1 in {len(rows), len(rows[0])}:
            return _pairing(convention).in_order(_cells(rows), items)
        case (Items(kind="(" | "[" | "list", items=items), Matrix(rows=rows)) if 1 in {len(rows), len(rows[0])}:
            return _pairing(convention).in_order(items, _cells(rows))
        case Matrix(rows=((cell,),)), _ if is_scalar(pred):
            return same(cell, pred, convention)
        case _:
            return False


def _cells(rows: tuple[tuple[Tree, ...], ...]) -> tuple[Tree, ...]:
    return tuple(cell for row in rows for cell in row)

"""Whether two trees are the same answer, by type. Three-valued: None is undecided, and stays so."""

from collections.abc import Sequence
from functools import partial

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing import families, lists, quantities, relations, sets
from distill.verifiers.math_answer.comparing.pairing import Pairing, all_of
from distill.verifiers.math_answer.comparing.relations import Assigned, assigned
from distill.verifiers.math_answer.comparing.rewrites import rewritten
from distill.verifiers.math_answer.convention import Convention
from distill.verifiers.math_answer.numbers import constants, expressions, scalars
from distill.verifiers.math_answer.tree import (
    Apply,
    Based,
    Dots,
    Interval,
    Items,
    Matrix,
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
    """Whether `pred` says what `ref` says.

    Raises:
        ContradictionError: One of them equates values that differ.
    """
    if _are_on_others(ref, pred):
        return False
    return _by_kind(*rewritten(ref, pred), convention)


def _by_kind(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    series, given = families.progression(ref), families.progression(pred)
    if series and given:
        return families.same_progression(series, given)
    if isinstance(pred, Relation) and "~" in pred.signs:
        return _approximated(ref, pred, convention)
    if isinstance(ref, Relation) or isinstance(pred, Relation):
        return _with_relation(ref, pred, convention)
    if lists.applies(ref, pred):
        return lists.same_items(ref, pred, _pairing(convention))
    return _values(ref, pred, convention)


def _pairing(convention: Convention) -> Pairing:
    return Pairing(partial(same, convention=convention), convention)


def _are_on_others(ref: Tree, pred: Tree) -> bool:
    """Whether both are ranges, at least one of them by membership, of variables of other names."""
    if not (isinstance(ref, Relation) and isinstance(pred, Relation) and "in" in {*ref.signs, *pred.signs}):
        return False
    names = [[term.name for term in relation.terms if isinstance(term, Var)] for relation in (ref, pred)]
    return len(names[0]) == len(names[1]) == 1 and names[0] != names[1]


def _approximated(ref: Tree, pred: Relation, convention: Convention) -> bool | None:
    """`x = 22/7 ≈ 3.14`: either side of the sign may be what was asked for, if they are near each other."""
    at = pred.signs.index("~") + 1
    before, after = (_chain(pred.terms[a:b], pred.signs[a : b - 1]) for a, b in ((0, at), (at, len(pred.terms))))
    if isinstance(before, Var):
        return same(ref, after, convention)
    verdict = same(ref, before, convention)
    exact = before.terms[-1] if isinstance(before, Relation) else before
    if verdict or not quantities.is_near(exact, after):
        return verdict
    return same(ref, after, convention)


def _chain(terms: tuple[Tree, ...], signs: tuple[str, ...]) -> Tree:
    return Relation(terms, signs) if len(terms) > 1 else terms[0]


# -- single values


def _values(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    if isinstance(ref, Phrase) or isinstance(pred, Phrase):
        return _same_phrases(ref, pred)
    if sets.is_set(ref) or sets.is_set(pred):
        return _same_sets(ref, pred, convention)
    match ref, pred:
        case (Based(), _) | (_, Based()):
            return quantities.same_numeral(ref, pred)
        case (Ratio(), _) | (_, Ratio()):
            return quantities.same_ratio(ref, pred)
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
            pred = relations.with_same_constant(ref, pred)
            is_form_wrong = convention.is_exact_form and _shape(ref) != _shape(pred)
            return False if is_form_wrong else quantities.same_number(ref, pred, convention)
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


def _same_phrases(ref: Tree, pred: Tree) -> bool:
    empties = [t == SetOp("empty") or (isinstance(t, Phrase) and wording.names_nothing(t.words)) for t in (ref, pred)]
    if all(empties):
        return True
    return isinstance(ref, Phrase) and isinstance(pred, Phrase) and ref.words == pred.words


def _same_sets(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    if is_scalar(ref) or is_scalar(pred):
        return False
    match ref, pred:
        case Interval() as a, Interval() as b:
            if (a.is_low_closed, a.is_high_closed) != (b.is_low_closed, b.is_high_closed):
                return False
            return all_of([same(a.low, b.low, convention), same(a.high, b.high, convention)])
        case SetOp(op=op, args=()), SetOp(op=other, args=()):
            return op == other
        case _:
            verdict = sets.same_set(ref, pred)
            return verdict if verdict is not None else (True if ref == pred else None)


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


# -- relations


def _with_relation(ref: Tree, pred: Tree, convention: Convention) -> bool | None:
    """At least one side is a relation."""
    given = assigned(pred) if isinstance(pred, Relation) else None
    wanted = assigned(ref) if isinstance(ref, Relation) else None
    if wanted and given:
        return _assignments(wanted, given, convention) if wanted.name != "+" else _equations(ref, pred)
    if wanted and not isinstance(pred, Relation):
        return same(wanted.value, pred, convention) if wanted.name != "+" else False
    if given and not isinstance(ref, Relation):
        return same(ref, given.value, convention)
    if isinstance(ref, Relation) and isinstance(pred, Relation):
        return _equations(ref, pred)
    if convention.is_interval_relation and not (is_scalar(ref) or is_scalar(pred)):
        return sets.same_set(ref, pred)
    return False


def _equations(ref: Tree, pred: Tree) -> bool | None:
    if not (isinstance(ref, Relation) and isinstance(pred, Relation)):
        return None
    verdict = relations.same_relation(ref, pred)
    names = [constants.facts(Items("list", r.terms)).names for r in (ref, pred)]
    if verdict is None and names[0] == names[1] and len(names[0]) == 1:
        return sets.same_set(ref, pred)
    return verdict


def _assignments(ref: Assigned, pred: Assigned, convention: Convention) -> bool | None:
    value = pred.value
    match ref.target, pred.target:
        case Apply(op=op, args=args), Apply(op=other, args=others) if op == other and op.startswith("f:"):
            if all(isinstance(arg, Var) for arg in (*args, *others)) and len(args) == len(others) and is_scalar(value):
                foreign = {name: Var(f"{name} of the reference") for name in _var_names(args)}
                value = expressions.substituted(value, {**foreign, **dict(zip(_var_names(others), args, strict=True))})
        case _ if ref.name != pred.name and "" not in {ref.name, pred.name}:
            if not _is_graph(ref.target, pred.target):
                return _equations(_as_relation(ref), _as_relation(pred))
    return same(ref.value, value, convention)


def _var_names(trees: Sequence[Tree]) -> list[str]:
    return [tree.name for tree in trees if isinstance(tree, Var)]


def _is_graph(a: Tree, b: Tree) -> bool:
    """`y = …` and `f(x) = …` draw the same curve."""
    return any(x == Var("y") and isinstance(y, Apply) and y.op.startswith("f:") for x, y in ((a, b), (b, a)))


def _as_relation(item: Assigned) -> Relation:
    return Relation((item.target, item.value), ("=",))

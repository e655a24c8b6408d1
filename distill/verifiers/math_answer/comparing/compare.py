"""Whether two trees are the same answer, by type. Three-valued: None is undecided, and stays so."""

from collections.abc import Sequence
from functools import partial

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing import families, lists, quantities, relations, sets, vectors
from distill.verifiers.math_answer.comparing.pairing import Pairing, all_of
from distill.verifiers.math_answer.comparing.relations import Assigned, assigned
from distill.verifiers.math_answer.convention import MathPolicy
from distill.verifiers.math_answer.numbers import constants, scalars
from distill.verifiers.math_answer.tree import (
    Apply,
    Based,
    Dots,
    Interval,
    Items,
    Matrix,
    Quantity,
    Ratio,
    Relation,
    SetOp,
    Text,
    Tree,
    Var,
    is_scalar,
)  # fmt: skip


def same(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    """Whether `pred` says what `ref` says.

    Raises:
        ContradictionError: One of them equates values that differ.
    """
    if _are_on_others(ref, pred):
        return False
    ref, pred = _settled(ref), _settled(pred)
    if (
        isinstance(ref, Items)
        and isinstance(pred, Apply)
        and pred.op.startswith("f:")
        and len(pred.args) == len(ref.items)
    ):
        pred = Items("(", pred.args)  # a named point: P(2, -3)
    if is_scalar(ref) and isinstance(pred, Apply) and pred.op == "f:C" and len(pred.args) == 2:
        pred = Apply("binom", pred.args)
    ref, pred = (
        vectors.components(ref, vectors.num_components(pred)),
        vectors.components(pred, vectors.num_components(ref)),
    )
    series = families.progression(ref), families.progression(pred)
    if series[0] and series[1]:
        return families.same(series[0], series[1])
    if series[0] or series[1]:
        ref, pred = families.renamed(ref, pred) or ref, families.renamed(pred, ref) or pred
    if isinstance(pred, Relation) and "~" in pred.signs:
        return _approximated(ref, pred, policy)
    if isinstance(ref, Relation) or isinstance(pred, Relation):
        return _with_relation(ref, pred, policy)
    if lists.applies(ref, pred):
        return lists.same(ref, pred, _pairing(policy))
    return _values(ref, pred, policy)


def _pairing(policy: MathPolicy) -> Pairing:
    return Pairing(partial(same, policy=policy), policy)


def _settled(tree: Tree) -> Tree:
    """Without what only names it: `x in S` is S; one item in braces is itself."""
    match tree:
        case Relation(terms=(_, target), signs=("in",)):
            return target
        case Items(kind="set" | "list", items=(item,)):
            return item
        case Text(words=words) if words in wording.NAMED_SETS:
            return SetOp(wording.NAMED_SETS[words])
        case _:
            return tree


def _are_on_others(ref: Tree, pred: Tree) -> bool:
    """Whether both are ranges, at least one of them by membership, of variables of other names."""
    if not (isinstance(ref, Relation) and isinstance(pred, Relation) and "in" in {*ref.signs, *pred.signs}):
        return False
    names = [[term.name for term in relation.terms if isinstance(term, Var)] for relation in (ref, pred)]
    return len(names[0]) == len(names[1]) == 1 and names[0] != names[1]


def _approximated(ref: Tree, pred: Relation, policy: MathPolicy) -> bool | None:
    """`x = 22/7 ≈ 3.14`: either side of the sign may be what was asked for, if they are near each other."""
    at = pred.signs.index("~") + 1
    before, after = (_chain(pred.terms[a:b], pred.signs[a : b - 1]) for a, b in ((0, at), (at, len(pred.terms))))
    if isinstance(before, Var):
        return same(ref, after, policy)
    verdict = same(ref, before, policy)
    exact = before.terms[-1] if isinstance(before, Relation) else before
    if verdict or not quantities.is_near(exact, after):
        return verdict
    return same(ref, after, policy)


def _chain(terms: tuple[Tree, ...], signs: tuple[str, ...]) -> Tree:
    return Relation(terms, signs) if len(terms) > 1 else terms[0]


# -- single values


def _values(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    if isinstance(ref, Text) or isinstance(pred, Text):
        return _same_words(ref, pred)
    if sets.is_set(ref) or sets.is_set(pred):
        return _same_sets(ref, pred, policy)
    match ref, pred:
        case (Based(), _) | (_, Based()):
            return quantities.same_numeral(ref, pred)
        case (Ratio(), _) | (_, Ratio()):
            return quantities.same_ratio(ref, pred)
        case (Matrix(), _) | (_, Matrix()):
            return _same_matrices(ref, pred, policy)
        case Items(kind=kind, items=items), Items(kind=other, items=others):
            return (kind == other or len(items) != 2) and _pairing(policy).in_order(items, others)
        case (Items() | Dots(), _) | (_, Items() | Dots()):
            return ref == pred
        case _:
            return _numbers(ref, pred, policy)


def _numbers(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    """Scalars, residues and quantities."""
    match ref, pred:
        case Apply(op="residue", args=(_, modulus)), Apply(op="residue", args=(given, other)):
            return all_of([scalars.equal(modulus, other), scalars.equal(ref, Apply("residue", (given, modulus)))])
        case Apply(op="residue", args=(value, _)), _:
            return same(value, pred, policy)
        case _, Apply(op="residue", args=(given, _)):
            return same(ref, given, policy)
        case _ if isinstance(ref, Quantity) or isinstance(pred, Quantity):
            return quantities.same(ref, pred, policy)
        case _ if is_scalar(ref) and is_scalar(pred):
            pred = relations.with_same_constant(ref, pred)
            is_form_wrong = policy.is_exact_form and _shape(ref) != _shape(pred)
            return False if is_form_wrong else quantities.number(ref, pred, policy)
        case _:
            return False if type(ref) is not type(pred) else None


def _shape(tree: Tree) -> str:
    """How an expression is written, up to the order of sums and products."""
    match tree:
        case Apply(op="add" | "mul" as op):
            return f"{op}({' '.join(sorted(_shape(term) for term in _terms(tree, op)))})"
        case Apply(op=op, args=args):
            return f"{op}({' '.join(_shape(arg) for arg in args)})"
        case _:
            return repr(tree)


def _terms(tree: Tree, op: str) -> list[Tree]:
    if isinstance(tree, Apply) and tree.op == op:
        return [term for arg in tree.args for term in _terms(arg, op)]
    return [tree]


def _same_words(ref: Tree, pred: Tree) -> bool:
    empties = [t == SetOp("empty") or (isinstance(t, Text) and wording.names_nothing(t.words)) for t in (ref, pred)]
    if all(empties):
        return True
    return isinstance(ref, Text) and isinstance(pred, Text) and ref.words == pred.words


def _same_sets(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    if is_scalar(ref) or is_scalar(pred):
        return False
    match ref, pred:
        case Interval() as a, Interval() as b:
            if (a.is_low_closed, a.is_high_closed) != (b.is_low_closed, b.is_high_closed):
                return False
            return all_of([same(a.low, b.low, policy), same(a.high, b.high, policy)])
        case SetOp(op=op, args=()), SetOp(op=other, args=()):
            return op == other
        case _:
            verdict = sets.same(ref, pred)
            return verdict if verdict is not None else (True if ref == pred else None)


def _same_matrices(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    match ref, pred:
        case Matrix(rows=rows), Matrix(rows=others):
            if (len(rows), len(rows[0])) != (len(others), len(others[0])):
                return False
            return _pairing(policy).in_order(_cells(rows), _cells(others))
        case (Matrix(rows=rows), Items(kind="(" | "[", items=items)) if 1 in {len(rows), len(rows[0])}:
            return _pairing(policy).in_order(_cells(rows), items)
        case (Items(kind="(" | "[" | "list", items=items), Matrix(rows=rows)) if 1 in {len(rows), len(rows[0])}:
            return _pairing(policy).in_order(items, _cells(rows))
        case Matrix(rows=((cell,),)), _ if is_scalar(pred):
            return same(cell, pred, policy)
        case _:
            return False


def _cells(rows: tuple[tuple[Tree, ...], ...]) -> tuple[Tree, ...]:
    return tuple(cell for row in rows for cell in row)


# -- relations


def _with_relation(ref: Tree, pred: Tree, policy: MathPolicy) -> bool | None:
    """At least one side is a relation."""
    given = assigned(pred) if isinstance(pred, Relation) else None
    wanted = assigned(ref) if isinstance(ref, Relation) else None
    if wanted and given:
        return _assignments(wanted, given, policy) if wanted.name != "+" else _equations(ref, pred)
    if wanted and not isinstance(pred, Relation):
        return same(wanted.value, pred, policy) if wanted.name != "+" else False
    if given and not isinstance(ref, Relation):
        return same(ref, given.value, policy)
    if isinstance(ref, Relation) and isinstance(pred, Relation):
        return _equations(ref, pred)
    if policy.is_interval_relation and not (is_scalar(ref) or is_scalar(pred)):
        return sets.same(ref, pred)
    return False


def _equations(ref: Tree, pred: Tree) -> bool | None:
    if not (isinstance(ref, Relation) and isinstance(pred, Relation)):
        return None
    verdict = relations.same(ref, pred)
    names = [constants.facts(Items("list", r.terms)).names for r in (ref, pred)]
    if verdict is None and names[0] == names[1] and len(names[0]) == 1:
        return sets.same(ref, pred)
    return verdict


def _assignments(ref: Assigned, pred: Assigned, policy: MathPolicy) -> bool | None:
    value = pred.value
    match ref.target, pred.target:
        case Apply(op=op, args=args), Apply(op=other, args=others) if op == other and op.startswith("f:"):
            if all(isinstance(arg, Var) for arg in (*args, *others)) and len(args) == len(others):
                foreign = {name: f"{name} of the reference" for name in _var_names(args)}
                names = dict(zip(_var_names(others), _var_names(args), strict=True))
                value = relations.renamed(value, foreign | names)
        case _ if ref.name != pred.name and "" not in {ref.name, pred.name}:
            if not _is_graph(ref.target, pred.target):
                return _equations(_as_relation(ref), _as_relation(pred))
    return same(ref.value, value, policy)


def _var_names(trees: Sequence[Tree]) -> list[str]:
    return [tree.name for tree in trees if isinstance(tree, Var)]


def _is_graph(a: Tree, b: Tree) -> bool:
    """`y = …` and `f(x) = …` draw the same curve."""
    return any(x == Var("y") and isinstance(y, Apply) and y.op.startswith("f:") for x, y in ((a, b), (b, a)))


def _as_relation(item: Assigned) -> Relation:
    return Relation((item.target, item.value), ("=",))

"""Whether two answers say the same, at least one of them a relation: an assignment, an equation, an inequality."""

from distill.verifiers.math_answer.comparing import equations, membership, sets
from distill.verifiers.math_answer.comparing.pairing import Pairing
from distill.verifiers.math_answer.comparing.relations import Assigned, asserts_nothing, assigned
from distill.verifiers.math_answer.numbers import scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import Apply, Relation, Tree, Var, is_scalar, variables


def same_with_relation(ref: Tree, pred: Tree, pairing: Pairing) -> bool | None:
    """Whether they are the same; an identity asserts nothing, so it is none but an identity."""
    if isinstance(pred, Relation) and asserts_nothing(pred):
        return _with_identity(ref, pred, pairing)
    given = assigned(pred) if isinstance(pred, Relation) else None
    wanted = assigned(ref) if isinstance(ref, Relation) else None
    if wanted and given:
        return _assignments(wanted, given, pairing) if wanted.name != "+" else _equations(ref, pred)
    if wanted and wanted.name != "+" and not isinstance(pred, Relation):
        return pairing.same(wanted.value, pred)
    if given and not isinstance(ref, Relation):
        return pairing.same(ref, given.value)
    if isinstance(ref, Relation) and isinstance(pred, Relation):
        return _equations(ref, pred)
    if isinstance(ref, Relation) and is_scalar(pred):
        return equations.same_value(ref, pred) if variables(pred) else _unsolved(ref, pred)
    if isinstance(pred, Relation) and is_scalar(ref):
        return _unsolved(pred, ref)
    return _sets(ref, pred) if pairing.convention.is_interval_relation else False


def _unsolved(relation: Relation, value: Tree) -> bool | None:
    """False where the value does not satisfy the relation on one variable; one that does may be one of several."""
    names = variables(relation)
    if set(relation.signs) != {"="} or variables(value) or not all(map(is_scalar, relation.terms)):
        return None if variables(value) else False
    if len(names) != 1:
        return None
    there = [substituted(term, dict.fromkeys(names, value)) for term in relation.terms]
    return False if any(scalars.same_scalar(there[0], term) is False for term in there[1:]) else None


def _with_identity(ref: Tree, pred: Relation, pairing: Pairing) -> bool | None:
    """`sum = formula` gives its last side for a bare reference; beside what asserts something, it is no answer."""
    if isinstance(ref, Relation):
        return None if asserts_nothing(ref) else False
    return pairing.same(ref, pred.terms[-1]) if len(set(pred.terms)) > 1 else False


def _sets(ref: Tree, pred: Tree) -> bool | None:
    verdict = sets.same_set(ref, pred)
    return False if verdict is None and membership.are_apart(ref, pred) else verdict


def _equations(ref: Tree, pred: Tree) -> bool | None:
    if not (isinstance(ref, Relation) and isinstance(pred, Relation)):
        return None
    verdict = equations.same_relation(ref, pred)
    if verdict is None and variables(ref) == variables(pred):
        return _sets(ref, pred)
    if verdict is None and not variables(ref) & variables(pred):
        return False
    return verdict


def _assignments(ref: Assigned, pred: Assigned, pairing: Pairing) -> bool | None:
    value = pred.value
    match ref.target, pred.target:
        case Apply(op=op, args=args), Apply(op=other, args=others) if op == other and op.startswith("f:"):
            renaming = _renamed_arguments(args, others)
            if renaming is None:
                verdict = pairing.in_order(args, others)
                return verdict and pairing.same(ref.value, value)
            value = substituted(value, renaming)
        case _ if ref.name != pred.name and "" not in {ref.name, pred.name}:
            if not _is_graph(ref.target, pred.target):
                return _equations(_as_relation(ref), _as_relation(pred))
    return pairing.same(ref.value, value)


def _renamed_arguments(args: tuple[Tree, ...], others: tuple[Tree, ...]) -> dict[str, Tree] | None:
    """The letters of one function's arguments in those of another's; None where they are no letters to choose."""
    mine, theirs = _letters(args), _letters(others)
    if len(mine) != len(args) or len(theirs) != len(others) or len(mine) != len(theirs):
        return None
    foreign: dict[str, Tree] = {name: Var(f"{name} of the reference") for name in mine}
    return {**foreign, **{other: Var(name) for name, other in zip(mine, theirs, strict=True)}}


def _letters(trees: tuple[Tree, ...]) -> list[str]:
    return [tree.name for tree in trees if isinstance(tree, Var) and tree.name.islower()]


def _is_graph(a: Tree, b: Tree) -> bool:
    """`y = …` and `f(x) = …` draw the same curve; `u = …` leaves out the argument of `u(t) = …`."""
    return any(
        isinstance(x, Var) and isinstance(y, Apply) and y.op in {f"f:{x.name}", *(_CURVES if x.name == "y" else ())}
        for x, y in ((a, b), (b, a))
    )


_CURVES = ("f:f", "f:g", "f:h", "f:F")
"""Functions whose graph is drawn as `y`."""


def _as_relation(item: Assigned) -> Relation:
    return Relation((item.target, item.value), ("=",))

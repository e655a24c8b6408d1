"""Assignments, equations and inequalities."""

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from distill.verifiers.math_answer.numbers import constants, expressions, scalars
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Ratio,
    Relation,
    Tree,
    Var,
    is_scalar,
    operands,
    variables,
    walk,
)

_MIRRORED = {">": "<", ">=": "<="}


class Assigned(NamedTuple):
    """`x = 5`: a name and the value it is given. The name is "" where the left side is a plain computation."""

    name: str
    value: Tree
    target: Tree
    """What stood left of the sign."""


def assigned(relation: Tree) -> Assigned | None:
    """The assignment that a chain of equalities makes: `x = 2 + 3 = 5`. None for proper equations.

    Raises:
        ContradictionError: The chain equates values that differ: `17 = 5`.
    """
    if not (isinstance(relation, Relation) and set(relation.signs) <= {"=", "~", "≡"}):
        return None
    terms = relation.terms
    if len(terms) == 2 and _name(terms[0]) is None and _name(terms[1]) is not None and not variables(terms[0]):
        terms = (terms[1], terms[0])
    names = [_name(term) for term in terms[:-1]]
    values = [term for term, name in zip(terms, [*names, None], strict=True) if name is None]
    if names[0] is None and variables(terms[0]) and not _is_plain_combination(terms[0]):
        return None
    if names[0] is None and not variables(terms[0]):
        if any(variables(term) for term in terms):
            return None
        name, target = "", terms[0]
    else:
        name, target = names[0] or "+", terms[0]
        values = values[1:] if names[0] is None else values
    if isinstance(target, Var) and target.name in variables(terms[-1]):
        return None
    _check_chain(values)
    return Assigned(name, terms[-1], target)


class ContradictionError(ValueError):
    """An answer equates values that differ, so it asserts nothing."""


def _check_chain(values: list[Tree]) -> None:
    for a, b in pairwise(values):
        if is_scalar(a) and is_scalar(b) and scalars.same_scalar(a, b) is False:
            raise ContradictionError("it equates different values")


def _name(tree: Tree) -> str | None:
    """The name that a left side gives: a variable, `f(x)`, `|AB|`, `A:B`, `AB/CD`, `(p, q)`, `angle ABC`."""
    match tree:
        case Var(name=name):
            return name
        case Apply(op=op) if op.startswith("f:"):
            return op if all(isinstance(arg, Var) for arg in tree.args) else f"{op}{tree.args}"
        case Apply(op="abs", args=(Var(name=name),)) if len(name) > 1:
            return f"|{name}|"
        case Apply(op="div", args=(Var(name=top), Var(name=bottom))) if len(top) > 1 or len(bottom) > 1:
            return f"{top}/{bottom}"
        case Apply(
            op="div",
            args=(Apply(op="mul", args=(Var("d"), Var(name=top))), Apply(op="mul", args=(Var("d"), Var(name=bottom)))),
        ):
            return f"d{top}/d{bottom}"
        case Apply(op="mul", args=(Var(name="angle" | "triangle" as kind), Var(name=name))):
            return f"{kind} {name}"
        case Ratio(parts=parts) | Items(kind="(" | "list", items=parts) if all(isinstance(part, Var) for part in parts):
            return ",".join(part.name for part in parts if isinstance(part, Var))
        case _:
            return None


def _is_plain_combination(tree: Tree) -> bool:
    """Whether it is a sum or product of bare variables, as in `a + b = 5`."""
    return is_scalar(tree) and all(
        isinstance(n, Var) or (isinstance(n, Apply) and n.op in {"add", "mul"}) for n in walk(tree)
    )


_CONSTANTS_OF_INTEGRATION = frozenset({"C", "c", "K", "k", "C_1", "c_1"})


def with_same_constant(ref: Tree, pred: Tree) -> Tree:
    """`pred` with its constant of integration, a lone summand, named as in `ref`."""
    wanted, given = variables(ref) - variables(pred), variables(pred) - variables(ref)
    if len(wanted) != 1 or len(given) != 1 or not wanted | given <= _CONSTANTS_OF_INTEGRATION:
        return pred
    (new,), (old,) = wanted, given
    is_summand = Var(new) in operands(ref, "add") and Var(old) in operands(pred, "add")
    return expressions.substituted(pred, {old: Var(new)}) if is_summand else pred


def same_relation(a: Relation, b: Relation) -> bool | None:
    """Whether two relations that are no assignments say the same."""
    if len(a.signs) != len(b.signs):
        return None
    if len(a.signs) > 1:
        return _same_chain(a, b)
    (left, left_sign), (right, right_sign) = _difference(a), _difference(b)
    if left is None or right is None:
        return None
    if left_sign != right_sign:
        return False
    ratio = _constant_ratio(left, right)
    if ratio is None or ratio == 0:
        if ratio == 0 and (variables(left) != variables(right) or (_is_polynomial(left) and _is_polynomial(right))):
            return False
        return _same_curve(a, b) if left_sign == "=" else None
    return ratio > 0 or left_sign in {"=", "!="}


def _same_chain(a: Relation, b: Relation) -> bool | None:
    if a.signs[0] in {">", ">="}:
        a = _reversed(a)
    if b.signs[0] in {">", ">="}:
        b = _reversed(b)
    if a.signs != b.signs:
        return False
    verdicts = [
        scalars.same_scalar(x, y) for x, y in zip(a.terms, b.terms, strict=True) if is_scalar(x) and is_scalar(y)
    ]
    if False in verdicts:
        return False
    return True if len(verdicts) == len(a.terms) and None not in verdicts else None


def _reversed(relation: Relation) -> Relation:
    flip = {**_MIRRORED, "<": ">", "<=": ">="}
    return Relation(relation.terms[::-1], tuple(flip.get(sign, sign) for sign in relation.signs[::-1]))


def _difference(relation: Relation) -> tuple[Tree | None, str]:
    """`a > b` as the sign of b - a: one side against zero, in one direction."""
    (left, right), (sign,) = relation.terms, relation.signs
    if not (is_scalar(left) and is_scalar(right)):
        return None, sign
    if sign in _MIRRORED:
        left, right, sign = right, left, _MIRRORED[sign]
    return Apply("add", (left, Apply("neg", (right,)))), sign


_AT = tuple(Fraction(n, 100) for n in (137, 61, 223, 29, 183, 271, 83, 413, 111, 367, 47, 97))


def _constant_ratio(a: Tree, b: Tree) -> float | None:
    """The c of a = c b, 0 where there is none, None where that is undecided; only its sign may be used."""
    names = sorted(constants.facts(a).names | constants.facts(b).names)
    if constants.facts(a).names != constants.facts(b).names:
        return 0
    for shift in range(4):
        point = {name: Num(_AT[(i + shift) % 12] + shift) for i, name in enumerate(names)}
        a_there, b_there = expressions.substituted(a, point), expressions.substituted(b, point)
        try:
            top, bottom = evaluate(a_there, FLOATS, {}), evaluate(b_there, FLOATS, {})
        except CannotEvaluateError:
            continue
        if isinstance(top, complex) or isinstance(bottom, complex) or abs(top) < 1e-9 or abs(bottom) < 1e-9:
            continue
        is_same = scalars.same_scalar(Apply("mul", (a, b_there)), Apply("mul", (b, a_there)))
        return None if is_same is None else top / bottom * is_same
    return None


def _is_polynomial(tree: Tree) -> bool:
    """Whether it is a polynomial in its variables."""
    match tree:
        case _ if not variables(tree):
            return True
        case Var():
            return True
        case Apply(op="add" | "mul" | "neg", args=args):
            return all(_is_polynomial(arg) for arg in args)
        case Apply(op="div", args=(top, bottom)):
            return not variables(bottom) and _is_polynomial(top)
        case Apply(op="pow", args=(base, Num(value=int(exponent)))):
            return exponent >= 0 and _is_polynomial(base)
        case _:
            return False


def _explicit(relation: Relation) -> tuple[str, Tree] | None:
    """The variable that an equation is solved for, and its value."""
    for target, value in (relation.terms, relation.terms[::-1]):
        if isinstance(target, Var) and is_scalar(value) and target.name not in variables(value):
            return target.name, value
    return None


def _same_curve(a: Relation, b: Relation) -> bool | None:
    """Two equations, at least one of them solved for a variable: its curve must lie on the other one."""
    for solved, other in ((a, b), (b, a)):
        explicit = _explicit(solved)
        left = _difference(other)[0]
        if explicit is None or left is None:
            continue
        name, value = explicit
        is_on = scalars.same_scalar(expressions.substituted(left, {name: value}), Num(0))
        if is_on is False:
            return False
        if is_on and _is_linear_in(left, name):
            return True
    return None


def _is_linear_in(tree: Tree, name: str) -> bool:
    at = [expressions.substituted(tree, {name: Num(x)}) for x in (0, 1, 2)]
    bend = Apply("add", (Apply("add", (at[2], at[0])), Apply("mul", (Num(-2), at[1]))))
    return _is_polynomial(tree) and scalars.same_scalar(bend, Num(0)) is True

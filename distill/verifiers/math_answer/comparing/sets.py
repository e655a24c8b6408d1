"""Sets of real numbers as sorted disjoint pieces: intervals, unions, complements, solution sets of inequalities."""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from distill.verifiers.math_answer.comparing.equations import FLIPPED
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.evaluate import evaluate
from distill.verifiers.math_answer.numbers.exact import EXACT
from distill.verifiers.math_answer.numbers.precise import Precise, Value
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Interval,
    Items,
    Num,
    Quantity,
    Rational,
    Relation,
    SetOp,
    Tree,
    Var,
    is_scalar,
    variables,
    walk,
)  # fmt: skip

_REAL = Precise(240, is_real=True)
_TOLERANCE_BITS = 150
_INFINITY = float("inf")
_LINEAR_OPS = frozenset({"add", "mul", "neg", "div"})
_MAX_PIECES = 64


class _End(NamedTuple):
    """A bound: `side` is -1 just below the value, 0 at it, 1 just above it."""

    value: Value
    side: int


class Piece(NamedTuple):
    """All x with low < x < high in the order of `_End`s."""

    low: _End
    high: _End


Pieces = tuple[Piece, ...]
ALL: Pieces = (Piece(_End(-_INFINITY, 1), _End(_INFINITY, -1)),)


def is_set(tree: Tree) -> bool:
    """Whether it can only be read as a set of numbers, not as a pair or a value."""
    return isinstance(tree, Interval) or (isinstance(tree, SetOp) and tree.op != "empty")


def same_set(a: Tree, b: Tree) -> bool | None:
    """Whether two sets are equal; None where one of them cannot be worked out."""
    pieces_a, pieces_b = pieces(a), pieces(b)
    if pieces_a is None or pieces_b is None:
        return None
    return same_pieces(pieces_a, pieces_b)


def same_pieces(a: Pieces, b: Pieces) -> bool:
    """Whether the pieces have the same ends."""
    return len(a) == len(b) and all(
        _same_end(p.low, q.low) and _same_end(p.high, q.high) for p, q in zip(a, b, strict=True)
    )


def outside(parts: Iterable[Piece]) -> Pieces | None:
    """Everything but the parts, which may come in any order."""
    united = _union([tuple(parts)])
    return None if united is None else _complement(united)


def sampled(a: Pieces, b: Pieces) -> list[Fraction]:
    """A place in the inside of every piece that two sets have in common, or the piece itself if it is a point."""
    return [_inside(piece) for piece in _operate("intersection", a, b) or ()]


def _inside(piece: Piece) -> Fraction:
    low, high = (max(-_FAR, min(_FAR, float(end.value))) for end in piece)
    if low == -_FAR or high == _FAR:
        low, high = (low, low + 2) if high == _FAR and low != -_FAR else (high - 2, high)
    return Fraction((low + high) / 2).limit_denominator(10**6)


_FAR = 1e12


def pieces(tree: Tree) -> Pieces | None:
    """The pieces of a set, or None where it is none, or not one of real numbers."""
    match tree:
        case SetOp(op="R"):
            return ALL
        case SetOp(op="empty"):
            return ()
        case SetOp(op=op, args=(left, right)):
            return _operate(op, pieces(left), pieces(right))
        case Interval(low=low, high=high, is_low_closed=is_low_closed, is_high_closed=is_high_closed):
            return _between(low, high, is_low_closed, is_high_closed)
        case Items(kind="(" | "list", items=items) if items and all(_is_condition(item) for item in items):
            return _either_or_both([pieces(item) for item in items])
        case Items(kind="(" | "[" as kind, items=(low, high)):
            return _between(low, high, kind == "[", kind == "[")
        case Items(kind="list", items=(Relation(terms=(Var() as name, _), signs=("!=",)) as first, *rest)) if (
            rest and all(map(is_scalar, rest))
        ):
            others = (Relation((name, value), ("!=",)) for value in rest)
            return pieces(Items("list", (first, *others)))
        case Items(kind="set" | "list", items=items):
            return _union([_point(item) for item in items])
        case Relation():
            return _solutions(tree)
        case _:
            return _point(tree)


def _is_condition(tree: Tree) -> bool:
    """Whether it is an inequality, or a list of such in brackets."""
    is_group = isinstance(tree, Items) and tree.kind in {"(", "list"} and all(map(_is_condition, tree.items))
    return isinstance(tree, Relation) or is_group


def _either_or_both(parts: list[Pieces | None]) -> Pieces | None:
    """Inequalities listed together: alternatives, unless that would be everything; then all hold."""
    united = _union(parts)
    if united != ALL:
        return united
    common: Pieces | None = ALL
    for part in parts:
        common = _operate("intersection", common, part)
    return common


def _value(tree: Tree) -> Value | None:
    sign = constants.infinite(tree)
    if sign:
        return sign * _INFINITY
    if isinstance(tree, Quantity):
        tree = tree.value
    if not is_scalar(tree) or constants.facts(tree).names:
        return None
    try:
        return evaluate(tree, _REAL, {})
    except CannotEvaluateError:
        return None


def _between(low: Tree, high: Tree, is_low_closed: bool, is_high_closed: bool) -> Pieces | None:
    first, last = _value(low), _value(high)
    if first is None or last is None:
        return None
    ends = (
        _End(first, -1 if is_low_closed and abs(first) != _INFINITY else 1),
        _End(last, 1 if is_high_closed and abs(last) != _INFINITY else -1),
    )
    return (Piece(*ends),) if _less(*ends) else ()


def _point(tree: Tree) -> Pieces | None:
    value = _value(tree)
    return None if value is None else (Piece(_End(value, -1), _End(value, 1)),)


def _same_value(a: Value, b: Value) -> bool:
    if abs(a) == _INFINITY or abs(b) == _INFINITY:
        return bool(a == b)
    size, scale = _REAL.gap(_REAL.number(0) + a, _REAL.number(0) + b)
    return size is None or size < scale - _TOLERANCE_BITS


def _same_end(a: _End, b: _End) -> bool:
    return a.side == b.side and _same_value(a.value, b.value)


def _less(a: _End, b: _End) -> bool:
    return a.side < b.side if _same_value(a.value, b.value) else bool(a.value < b.value)


def _union(parts: list[Pieces | None]) -> Pieces | None:
    every: list[Piece] = []
    for part in parts:
        if part is None or len(every) + len(part) > _MAX_PIECES:
            return None
        every += part
    every.sort(key=lambda piece: (piece.low.value, piece.low.side))
    merged: list[Piece] = []
    for piece in every:
        if merged and not _less(merged[-1].high, piece.low):
            last = merged.pop()
            piece = Piece(last.low, piece.high if _less(last.high, piece.high) else last.high)  # noqa: PLW2901
        merged.append(piece)
    return tuple(merged)


def _complement(parts: Pieces) -> Pieces:
    low, gaps = ALL[0].low, list[Piece]()
    for piece in parts:
        if _less(low, piece.low):
            gaps.append(Piece(low, piece.low))
        low = piece.high
    if _less(low, ALL[0].high):
        gaps.append(Piece(low, ALL[0].high))
    return tuple(gaps)


def _operate(op: str, a: Pieces | None, b: Pieces | None) -> Pieces | None:
    if a is None or b is None:
        return None
    if op == "union":
        return _union([a, b])
    if op == "minus":
        b = _complement(b)
    outside = _union([_complement(a), _complement(b)])
    return None if outside is None else _complement(outside)


# -- relations


def _solutions(relation: Relation) -> Pieces | None:
    """The set that a relation on one variable describes, where its terms are linear or absolute values."""
    if relation.signs in {("in",), ("notin",)}:
        inner = pieces(relation.terms[1])
        return inner if relation.signs == ("in",) or inner is None else _complement(inner)
    result: Pieces | None = ALL
    for left, right, sign in zip(relation.terms, relation.terms[1:], relation.signs, strict=False):
        result = _operate("intersection", result, _half(left, right, sign))
    return result


def _half(left: Tree, right: Tree, sign: str) -> Pieces | None:
    """The solutions of one comparison."""
    if sign not in FLIPPED:
        return None
    if not variables(left):
        left, right, sign = right, left, FLIPPED[sign]
    match left:
        case Apply(op="abs", args=(Var(),)):
            return _absolute(right, sign)
        case Var() | Apply() if isinstance(left, Var) or left.op.startswith("f:"):
            return _ray(_value(right), sign)
        case _ if is_scalar(left) and is_scalar(right):
            slope, offset = _linear(Apply("add", (left, Apply("neg", (right,))))) or (0, 0)
            if not slope:
                return None
            return _ray(_value(Num(-Fraction(offset) / Fraction(slope))), sign if slope > 0 else FLIPPED[sign])
        case _:
            return None


def _ray(value: Value | None, sign: str) -> Pieces | None:
    if value is None:
        return None
    match sign:
        case "<" | "<=":
            return (Piece(ALL[0].low, _End(value, 1 if sign == "<=" else -1)),)
        case ">" | ">=":
            return (Piece(_End(value, -1 if sign == ">=" else 1), ALL[0].high),)
        case "=":
            return (Piece(_End(value, -1), _End(value, 1)),)
        case _:
            return _complement((Piece(_End(value, -1), _End(value, 1)),))


def _absolute(bound: Tree, sign: str) -> Pieces | None:
    value = _value(bound)
    if value is None or value < 0:
        return None
    above, below = _ray(value, sign), _ray(-value, FLIPPED[sign])
    return _operate("intersection" if sign in {"<", "<="} else "union", above, below)


def _linear(tree: Tree) -> tuple[Rational, Rational] | None:
    """Slope and offset of a rational linear function of one variable."""
    names = constants.facts(tree).names
    if len(names) != 1 or any(
        isinstance(n, Const) or (isinstance(n, Apply) and n.op not in _LINEAR_OPS) for n in walk(tree)
    ):
        return None
    (name,) = names
    try:
        at = [evaluate(tree, EXACT, {name: x}) for x in (0, 1, 7, -13, 101)]
    except CannotEvaluateError:
        return None
    slope = at[1] - at[0]
    is_line = all(y == slope * x + at[0] for x, y in zip((7, -13, 101), at[2:], strict=True))
    return (slope, at[0]) if is_line else None

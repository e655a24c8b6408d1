"""What stands in brackets and between bars."""

from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.tokens import END, Token
from distill.verifiers.math_answer.tree import (
    Apply,
    Interval,
    Items,
    Matrix,
    Num,
    Ratio,
    Relation,
    SetOp,
    Tree,
    UnreadableError,
    Var,
    folded,
    rational,
    variables,
)

_REAL_LINE = SetOp("R")
_ENDS = {"(": ")", "[": "]", "]": "["}


def bracket(reader: Reader, kind: str) -> Tree:
    """What stands in brackets: a grouping, a tuple, an interval, a set, floor or ceiling."""
    bars, reader.cursor.num_bars = reader.cursor.num_bars, 0
    if kind == "{" and reader.cursor.take("close", "}"):
        return SetOp("empty")
    inner = reader.sequence(("close", "bar") if kind == "{" else ("close",))
    if kind == "{" and reader.cursor.take("bar"):
        inner = _described(inner, reader.sequence(("close",)))
    reader.cursor.num_bars = bars
    closer = reader.cursor.next()
    if kind in {"group", "floor", "ceil", "|", "{"}:
        return _wrapped(kind, inner, closer)
    if closer is not END and closer.value not in _ENDS.values():
        raise UnreadableError("brackets do not match")
    end = closer.value or _ENDS[kind]
    items = inner.items if isinstance(inner, Items) and inner.kind == "list" else None
    if kind == "]" or end == "[" or (items is not None and _ENDS[kind] != end):
        return _interval(items or (), is_low_closed=kind == "[", is_high_closed=end == "]")
    if items is None and kind == "[" and _may_be_rounded(inner):
        raise UnreadableError("square brackets that may stand for the floor")
    if items is None:
        return inner
    return inner if all(map(_is_definition, items)) else Items("(" if kind == "(" else "[", items)


def _may_be_rounded(tree: Tree) -> bool:
    """Whether it is an expression divided by a whole number: `[n/2]` is the floor to some."""
    match tree:
        case Apply(op="div", args=(top, Num(value=int(bottom)))):
            return bottom > 1 and bool(variables(top))
        case _:
            return False


def _interval(items: tuple[Tree, ...], *, is_low_closed: bool, is_high_closed: bool) -> Interval:
    """`(1, 2]`, or `]1, 2[` where it is open."""
    if len(items) != 2:
        raise UnreadableError("brackets do not match")
    low, high = rational(items[0]), rational(items[1])
    if low is not None and high is not None and low > high:
        raise UnreadableError("an interval that ends before it begins")
    return Interval(items[0], items[1], is_low_closed, is_high_closed)


def _is_definition(tree: Tree) -> bool:
    """Whether it gives a letter a value: `[x = 1, y = 2]` is a list of two."""
    return isinstance(tree, Relation) and tree.signs == ("=",) and isinstance(tree.terms[0], Var)


def _described(domain: Tree, conditions: Tree) -> Tree:
    """What a set-builder says: the conditions on its variable, all of which hold."""
    if isinstance(domain, Relation) and domain.terms[-1] != _REAL_LINE:
        raise UnreadableError("a set of another form")
    if isinstance(conditions, Items) and isinstance(domain, Var) and _is_definition(conditions.items[0]):
        return conditions
    if isinstance(conditions, Items) and all(isinstance(item, Relation) for item in conditions.items):
        name = domain.terms[0] if isinstance(domain, Relation) else domain
        if not (
            isinstance(name, Var) and all(name in item.terms for item in conditions.items if isinstance(item, Relation))
        ):
            raise UnreadableError("a set of another form")
        return folded("intersection", conditions.items)
    if isinstance(domain, Var) and domain.name not in variables(conditions):
        raise UnreadableError("a set whose conditions are on another name")
    if not isinstance(conditions, Relation | SetOp) or (isinstance(conditions, SetOp) and not conditions.args):
        raise UnreadableError("a set of another form")
    return conditions


def _wrapped(kind: str, inner: Tree, closer: Token) -> Tree:
    if closer is not END and closer.value != {"{": "}"}.get(kind, kind):
        raise UnreadableError("brackets do not match")
    if kind == "group":
        return inner
    if kind == "{" and closer is END and isinstance(inner, Matrix):
        return Items("list", tuple(Items("(", row) for row in inner.rows))
    if kind == "{":
        return _set(inner)
    return Apply("abs" if kind == "|" else kind, (inner,))


def _set(inner: Tree) -> Tree:
    """Items in braces, or `x : x > 2`, which is the relation it states."""
    match inner:
        case Relation(terms=(_, Ratio(parts=(SetOp(op="R"), name)), *terms), signs=("in", *signs)):
            return Relation((name, *terms), tuple(signs))
        case Relation(terms=(Ratio(parts=(_, name)), *terms), signs=signs):
            return Relation((name, *terms), signs)
        case Items(kind="list", items=(Relation(terms=(Ratio(parts=(Var() as name, _)), *_)) as first, *rest)):
            return _described(name, Items("list", (_set(first), *rest)))
        case Relation(signs=signs) if signs != ("=",):
            return inner
        case SetOp(op="union" | "intersection", args=(Relation(), *_)):
            return inner
        case Items(kind="list", items=items):
            return inner if all(isinstance(item, Relation) for item in items) else Items("set", items)
        case _:
            return Items("set", (inner,))


def absolute(reader: Reader) -> Tree:
    """What stands between bars."""
    double = reader.cursor.take("bar")
    reader.cursor.num_bars += 1
    inner = reader.expression(0)
    reader.cursor.num_bars -= 1
    if not reader.cursor.take("bar") or (double and not reader.cursor.take("bar")):
        raise UnreadableError("a bar is not closed")
    return Apply("abs", (inner,))

"""What an answer says, once read: a small typed tree of values.

Scalars are `Num`, `Const`, `Var` and `Apply`; everything else is a structure that holds scalars, or words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Rational = int | Fraction


class UnreadableError(ValueError):
    """The text is not an answer that this grammar covers."""


@dataclass(frozen=True, slots=True)
class Num:
    """An exact rational, as written: an integer or a decimal, repeating ones included."""

    value: Rational
    num_digits: int = 0
    """Significant digits of a decimal; 0 for integers and repeating decimals, which are exact."""
    num_places: int = 0
    """Digits after the point."""


@dataclass(frozen=True, slots=True)
class Const:
    """A named constant: `pi`, `e`, `i`, `inf`."""

    name: str


@dataclass(frozen=True, slots=True)
class Var:
    """A variable or label; `x_1` and `AB` are one name each."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation or function; unknown functions are `f:NAME`. `pm` and `mp` stand for two values."""

    op: str
    args: tuple["Tree", ...]
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __hash__(self) -> int:
        """Worked out once: what is remembered of trees is looked up by them again and again, and they may be deep."""
        if not self._hash:
            object.__setattr__(self, "_hash", hash((self.op, self.args)))
        return self._hash


@dataclass(frozen=True, slots=True)
class Quantity:
    """A scalar with what was written after (or before) it: a unit, a currency, `%`, `deg`."""

    value: "Tree"
    unit: str


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral in a stated base: `1010_2`."""

    value: int
    base: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """`3:5`; `is_clock` where it also reads as a time of day."""

    parts: tuple["Tree", ...]
    is_clock: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, normalised for comparison."""

    words: str


@dataclass(frozen=True, slots=True)
class Dots:
    """An ellipsis within a sequence."""


@dataclass(frozen=True, slots=True)
class Items:
    """`list`: bare, separated by commas or words. `set`: in braces. `(` and `[`: in such brackets."""

    kind: Literal["list", "set", "(", "["]
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open, or made from a relation; `(a,b)` and `[a,b]` stay `Items` until they are compared."""

    low: "Tree"
    high: "Tree"
    is_low_closed: bool
    is_high_closed: bool


@dataclass(frozen=True, slots=True)
class SetOp:
    """`union`, `intersection`, `minus`; or a named set with no arguments: `R`, `Z`."""

    op: str
    args: tuple["Tree", ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple["Tree", ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain: `a < x <= b` has three terms and two signs of `= != < <= > >= in notin ≡ ~`."""

    terms: tuple["Tree", ...]
    signs: tuple[str, ...]


Scalar = Num | Const | Var | Apply
_SCALARS = (Num, Const, Var, Apply)
_LEAVES = (Num, Const, Var)
Tree = Scalar | Quantity | Based | Ratio | Phrase | Dots | Items | Interval | SetOp | Matrix | Relation


def children(tree: Tree) -> tuple[Tree, ...]:
    """The trees directly below."""
    if isinstance(tree, _LEAVES):
        return ()
    match tree:
        case Apply(args=args) | SetOp(args=args):
            return args
        case Quantity(value=value):
            return (value,)
        case Items(items=items) | Ratio(parts=items) | Relation(terms=items):
            return items
        case Interval(low=low, high=high):
            return (low, high)
        case Matrix(rows=rows):
            return tuple(cell for row in rows for cell in row)
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree and all trees below it."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def mapped(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The tree with `change` applied to every part of it, and to itself last."""
    if isinstance(tree, Apply):
        return change(Apply(tree.op, tuple(mapped(arg, change) for arg in tree.args)))
    return change(tree if is_scalar(tree) else _with_parts(tree, lambda part: mapped(part, change)))


def _with_parts(tree: Tree, changed: Callable[[Tree], Tree]) -> Tree:
    """The structure with `changed` applied to the trees directly below."""
    match tree:
        case Quantity(value=value, unit=unit):
            return Quantity(changed(value), unit)
        case Ratio(parts=parts, is_clock=is_clock):
            return Ratio(tuple(map(changed, parts)), is_clock)
        case Items(kind=kind, items=items):
            return Items(kind, tuple(map(changed, items)))
        case Interval(low=low, high=high, is_low_closed=is_low_closed, is_high_closed=is_high_closed):
            return Interval(changed(low), changed(high), is_low_closed, is_high_closed)
        case SetOp(op=op, args=args):
            return SetOp(op, tuple(map(changed, args)))
        case Matrix(rows=rows):
            return Matrix(tuple(tuple(map(changed, row)) for row in rows))
        case Relation(terms=terms, signs=signs):
            return Relation(tuple(map(changed, terms)), signs)
        case _:
            return tree


def folded(op: str, trees: tuple[Tree, ...]) -> Tree:
    """A `SetOp` of two arguments each that joins all of them from the left."""
    first, *rest = trees
    for tree in rest:
        first = SetOp(op, (first, tree))
    return first


@lru_cache(maxsize=8192)
def variables(tree: Tree) -> frozenset[str]:
    """The names of all variables in a tree, those that a sum binds included; remembered, as it is asked for often."""
    return frozenset(node.name for node in walk(tree) if isinstance(node, Var))


def operands(tree: Tree, op: str) -> list[Tree]:
    """The operands of a nested sum or product: x, y and z of `(x + y) + z`; anything else is its own operand."""
    if isinstance(tree, Apply) and tree.op == op:
        return [term for arg in tree.args for term in operands(arg, op)]
    return [tree]


def is_scalar(tree: Tree) -> bool:
    """Whether it is one number or expression."""
    return isinstance(tree, _SCALARS)


def negative(tree: Tree) -> Tree:
    """Its negation, folded into literals."""
    if isinstance(tree, Num):
        return Num(-tree.value, tree.num_digits, tree.num_places)
    return Apply("neg", (tree,))


def rational(tree: Tree) -> Rational | None:
    """The value of a literal, of a quotient of literals, or None."""
    match tree:
        case Num(value=value):
            return value
        case Apply(op="neg", args=(arg,)):
            value_ = rational(arg)
            return None if value_ is None else -value_
        case Apply(op="div", args=(Num(value=top), Num(value=bottom))) if bottom:
            return Fraction(top) / Fraction(bottom)
        case _:
            return None

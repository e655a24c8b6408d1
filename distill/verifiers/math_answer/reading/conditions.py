"""Conditions and names around a value: which of them are understood, and what a tree means without the others."""

from itertools import pairwise

from distill.verifiers.math_answer.reading.measures import compound
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Dots,
    Items,
    Matrix,
    Num,
    Phrase,
    Quantity,
    Relation,
    SetOp,
    Tree,
    Var,
    mapped,
    variables,
    walk,
)

_REAL_LINE = SetOp("R")
_REPEATS = frozenset({"it", "they", "this", "that", "he", "she", "we", "these", "those", "because", "since"})
_LIMITS = frozenset({"but", "only", "if", "unless", "except", "when", "or", "maybe"})
"""Words after which a yes is none."""
_COUNTED_FROM = frozenset({SetOp("N"), SetOp("Z>0"), SetOp("Z>=0")})
_INDICES = frozenset("ijkmn")
_INDEPENDENT = frozenset({"x", "y", "z", "t", "u", "v", "s", "r", "theta", "X"})
"""Letters of which a quantity is a function, rather than numbers that count."""


def readings_of(tree: Tree) -> tuple[Tree, ...]:
    """The tree without conditions that are understood; a function `x(t) = ...` also as the letter x."""
    tree = _with_few_terms(_with_letter(_without_understood(tree)))
    if isinstance(tree, Num):
        return (tree,)
    if (other := _otherwise_written(tree)) is not None:
        return (tree, other)
    if isinstance(tree, Apply | Relation) and any(isinstance(n, Apply) and n.op == "arccot" for n in walk(tree)):
        return (tree, mapped(tree, _continuous))
    match tree:
        case Relation(terms=(Apply(op=op, args=args), *rest), signs=signs) if (
            op.startswith("f:")
            and op[2:] not in {"f", "F"}
            and set(signs) == {"="}
            and all(isinstance(a, Var) and a.name in _INDEPENDENT for a in args)
        ):
            return (tree, Relation((Var(op[2:]), *rest), signs)) if op[2:].isalpha() else (tree,)
        case _:
            return (tree,)


def _otherwise_written(tree: Tree) -> Tree | None:
    """A matrix for its rows in brackets, one measure for two of one kind, a complement for a barred letter."""
    match tree:
        case Items(kind="[", items=rows) if len(rows) > 1 and all(isinstance(r, Items) and r.kind == "[" for r in rows):
            grid = tuple(row.items for row in rows if isinstance(row, Items))
            return Matrix(grid) if len({len(row) for row in grid}) == 1 else None
        case Items(kind="list", items=(Quantity() as first, Quantity() as second)):
            return compound(first, second)
        case Var(name=name) if name.startswith("overline ") and len(name) == len("overline A"):
            return Apply("pow", (Var(name[-1]), Var("c")))
        case _:
            return None


def _continuous(node: Tree) -> Tree:
    """The inverse cotangent from 0 to pi; by the other convention it is odd, and jumps at 0."""
    match node:
        case Apply(op="arccot", args=(arg,)):
            right_angle = Apply("div", (Const("pi"), Num(2)))
            return Apply("add", (right_angle, Apply("neg", (Apply("arctan", (arg,)),))))
        case _:
            return node


def _with_letter(tree: Tree) -> Tree:
    """`e = 2` gives a letter a value; `{(m, n)} = ...` names the items of a set."""
    match tree:
        case Relation(terms=(Const(name="e" | "i" as letter), *rest), signs=signs) if set(signs) == {"="} and not any(
            node == Const(letter) for term in rest for node in walk(term)
        ):
            return Relation((Var(letter), *rest), signs)
        case Relation(terms=(Items(kind="set", items=(Items(kind="(") as name,)), *rest), signs=signs):
            return Relation((name, *rest), signs)
        case Relation(terms=(SetOp() as combined, *rest), signs=signs) if set(signs) == {"="} and (
            label := _named(combined)
        ):
            return Relation((Var(label), *rest), signs)
        case Items(kind="list", items=items):
            return Items("list", tuple(_with_letter(item) for item in items))
        case _:
            return tree


def _named(tree: Tree) -> str:
    """The name of a combination of sets that are letters, `A intersection B`; "" for any other."""
    match tree:
        case Var(name=name) if len(name) == 1:
            return name
        case SetOp(op="minus", args=(left, right)) if (a := _named(left)) and (b := _named(right)):
            return f"({a} minus {b})"
        case SetOp(op=op, args=(left, right)) if (a := _named(left)) and (b := _named(right)):
            return f"({f' {op} '.join(sorted((a, b)))})"
        case _:
            return ""


def _with_few_terms(tree: Tree) -> Tree:
    """A progression with two of the terms before its dots, which fix it: `1, 3, 5, ..., 99` is `1, 3, ..., 99`."""
    match tree:
        case Items(kind=kind, items=items) if Dots() in items:
            at = items.index(Dots())
            values = [item.value for item in items[:at] if isinstance(item, Num)]
            steps = {b - a for a, b in pairwise(values)}
            is_even = len(values) == at > 2 and len(steps) == 1
            return Items(kind, (*items[:2], *items[at:])) if is_even else tree
        case _:
            return tree


def _without_understood(tree: Tree) -> Tree:
    """The tree without `x in R` beside what it is said of, and without the range of a sequence's index."""
    match tree:
        case Items(kind="list", items=items) if len(items) > 1:
            kept = tuple(item for item in items if not _is_real(item, items) and not _is_index_range(item, items))
            return (kept[0] if len(kept) == 1 else Items("list", kept)) if kept else tree
        case _:
            return tree


def _is_real(item: Tree, items: tuple[Tree, ...]) -> bool:
    """Whether it says of a variable of the other items that it is real."""
    match item:
        case Relation(terms=(Var(name=name), target), signs=("in",)) if target == _REAL_LINE:
            return any(name in variables(other) for other in items if other is not item)
        case _:
            return False


def _is_index_range(item: Tree, items: tuple[Tree, ...]) -> bool:
    """Whether it says that the index of the only other item, `a_n = ...`, is a counting number."""
    match items:
        case (
            Relation(terms=(Apply(op=op, args=(Var(name=letter) as index,)), *_), signs=("=", *_)),
            Relation(terms=terms, signs=signs),
        ) if item is items[1] and letter in _INDICES and op.startswith("f:") and terms[0] == index:
            is_from_start = signs in {(">=",), (">",)} and terms[1] in {Num(0), Num(1)}
            return is_from_start or (signs == ("in",) and terms[1] in _COUNTED_FROM)
        case _:
            return False


def without_reason(tree: Tree) -> Tree:
    """A yes or no without the sentence that repeats the question or gives the reason."""
    match tree:
        case Phrase(words=words) if (said := words.split())[:1] in (["yes"], ["no"]) and len(said) > 2:
            is_repeated = said[1] in _REPEATS and _LIMITS.isdisjoint(said)
            return Phrase(said[0]) if is_repeated else tree
        case _:
            return tree

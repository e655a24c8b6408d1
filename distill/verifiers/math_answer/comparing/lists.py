"""Lists, sets and tuples: which items must be paired with which, and in which order."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.comparing import sets
from distill.verifiers.math_answer.comparing.pairing import Pairing, all_of
from distill.verifiers.math_answer.comparing.relations import Assigned, assigned
from distill.verifiers.math_answer.numbers import scalars
from distill.verifiers.math_answer.numbers.expressions import substituted
from distill.verifiers.math_answer.tree import (
    Apply,
    Dots,
    Interval,
    Items,
    Matrix,
    Phrase,
    Relation,
    SetOp,
    Tree,
    Var,
    is_scalar,
    negative,
)

_COLLECTIVE = ("list", "set")


def listing(tree: Tree) -> tuple[Tree, ...] | None:
    """The items of a bare list or set; None for a single value."""
    if isinstance(tree, Items) and tree.kind in _COLLECTIVE:
        return tree.items
    return () if tree == SetOp("empty") else None


def applies(ref: Tree, pred: Tree) -> bool:
    """Whether one side is a bare list or set of items, and neither is an interval or union."""
    if any(isinstance(tree, Interval | SetOp) and tree != SetOp("empty") for tree in (ref, pred)):
        return False
    return listing(ref) is not None or listing(pred) is not None


def same_items(ref: Tree, pred: Tree, pairing: Pairing) -> bool | None:
    """Whether two answers are the same, at least one of them a list."""
    refs, preds = listing(ref), listing(pred)
    if refs is None:
        return _single_against_list(ref, pred, preds or (), pairing.same, pairing)
    if preds is None:
        return _single_against_list(pred, ref, refs, lambda a, b: pairing.same(b, a), pairing)
    if _are_inequalities(refs) and _are_inequalities(preds) and len(refs) != len(preds):
        return sets.same_set(ref, pred)
    named_refs, named_preds = _named(refs), _named(preds)
    if named_refs and named_preds:
        return _both_named(named_refs, named_preds, pairing)
    if named_refs or named_preds:
        return _one_named(refs, preds, named_refs or named_preds or [], pairing)
    if _holds_sets(refs) != _holds_sets(preds):
        return False
    if Dots() in refs or Dots() in preds:
        return _same_sequences(refs, preds, pairing)
    is_ordered = not pairing.convention.is_order_free
    if len(refs) != len(preds):
        preds = _distinct(preds)
        refs = _distinct(refs) if isinstance(ref, Items) and ref.kind == "set" else refs
    return pairing.in_order(refs, preds) if is_ordered else pairing.in_any_order(refs, preds)


def _same_sequences(refs: tuple[Tree, ...], preds: tuple[Tree, ...], pairing: Pairing) -> bool | None:
    """Sequences with an ellipsis, item by item; one that spells out more is the same if its items go on as the other's.

    Proved for arithmetic sequences alone, of which two first terms, the step and the last term say all.
    """
    is_same = pairing.in_order(refs, preds)
    laws = _arithmetic(refs), _arithmetic(preds)
    if is_same or laws[0] is None or laws[1] is None:
        return is_same
    return pairing.in_order(laws[0], laws[1])


def _arithmetic(items: tuple[Tree, ...]) -> tuple[Tree, ...] | None:
    """First term, step, and what follows the ellipsis, of a sequence that spells out two terms or more."""
    at = items.index(Dots()) if Dots() in items else 0
    terms = [term for term in items[:at] if is_scalar(term)]
    steps = [Apply("add", (b, negative(a))) for a, b in pairwise(terms)]
    if len(terms) != at or not steps or not all(scalars.same_scalar(steps[0], step) for step in steps):
        return None
    return terms[0], steps[0], *items[at + 1 :]


def _holds_sets(items: Sequence[Tree]) -> bool:
    """Whether an item is a set itself: {1, {2}} is another set than {1, 2}."""
    return any(isinstance(item, Items) and item.kind == "set" for item in items)


def _are_inequalities(items: tuple[Tree, ...]) -> bool:
    return all(isinstance(item, Relation) and item.signs != ("=",) for item in items)


def _one_named(refs: tuple[Tree, ...], preds: tuple[Tree, ...], named: list[Assigned], pairing: Pairing) -> bool | None:
    """`x = 1, y = 2` against bare values: in order, unless names are words, one, or repeat as tuples do."""
    cycles = _cycles(named)
    is_worded = any(item.name.startswith("'") for item in named)
    is_free = cycles is not None or is_worded or len({_stem(item.name) for item in named}) == 1
    plain = cycles or tuple(item.value for item in named)
    refs, preds = (plain, preds) if _named(refs) else (refs, plain)
    return pairing.in_any_order(refs, preds) if is_free else pairing.in_order(refs, preds)


def _single_against_list(
    single: Tree, whole: Tree, items: tuple[Tree, ...], same: Callable[[Tree, Tree], bool | None], pairing: Pairing
) -> bool | None:
    """A tuple equals a bare list in its order; a value equals a list of nothing but itself."""
    match single:
        case Phrase(words=words) if not items:
            return wording.names_nothing(words)
        case Items(kind="[") if len(items) == 2:
            return False
        case Phrase(words=words):
            return None if any(c.isdigit() for c in words) else False
        case Items(items=cells):
            if isinstance(whole, Items) and whole.kind == "set":
                return False
            return Pairing(same, pairing.convention).in_order(cells, _values(items))
        case Matrix(rows=rows):
            return Pairing(same, pairing.convention).in_order([cell for row in rows for cell in row], _values(items))
        case Relation() if _are_inequalities(items):
            return sets.same_set(single, whole)
        case _ if is_scalar(single) and items:
            return all_of([same(single, item) for item in items])
        case _:
            return False


def _values(items: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """The values of coordinates, `y = 1, x = 2` in the order of the alphabet."""
    named = _named(items)
    if not named:
        return items
    names = sorted(item.name for item in named)
    if "".join(names) in "xyz" and len(set(names)) == len(names):
        named = sorted(named, key=lambda item: item.name)
    return tuple(item.value for item in named)


def _named(items: Sequence[Tree]) -> list[Assigned] | None:
    """The items as assignments; values that follow one named value share its name: `a = 4, -8`."""
    named: list[Assigned] = []
    for index, item in enumerate(items):
        found = assigned(item) if isinstance(item, Relation) else None
        if found is None and (index == 0 or isinstance(item, Relation)):
            return None
        named.append(found or Assigned(named[0].name, item, named[0].target))
    return named if named and named[0].name not in {"", "+"} else None


def _stem(name: str) -> str:
    return name.partition("_")[0]


def _cycles(named: list[Assigned]) -> tuple[Tree, ...] | None:
    """`p = 5, q = 2, p = 7, q = 2` as two tuples; None where the names do not repeat so."""
    period = len({item.name for item in named})
    if period < 2 or len(named) % period or len(named) == period:
        return None
    if any(named[i].name != named[i % period].name for i in range(len(named))):
        return None
    return tuple(Items("(", tuple(item.value for item in named[i : i + period])) for i in range(0, len(named), period))


def _both_named(refs: list[Assigned], preds: list[Assigned], pairing: Pairing) -> bool | None:
    if len(refs) != len(preds):
        return False
    cycles = _cycles(refs), _cycles(preds)
    if cycles[0] and cycles[1] and [r.name for r in refs] == [p.name for p in preds]:
        return pairing.in_any_order(cycles[0], cycles[1])
    names = {_function_name(item) for item in refs}
    if names != {_function_name(item) for item in preds}:
        return False
    return all_of([pairing.in_any_order(_given_to(name, refs), _given_to(name, preds)) for name in sorted(names)])


def _given_to(name: str, items: list[Assigned]) -> list[Tree]:
    return [_in_places(item) for item in items if _function_name(item) == name]


def _in_places(item: Assigned) -> Tree:
    """The value, with the letters of a function's arguments named by their places."""
    args = item.target.args if isinstance(item.target, Apply) else ()
    return substituted(
        item.value, {arg.name: Var(f"argument {k}") for k, arg in enumerate(args) if isinstance(arg, Var)}
    )


def _function_name(item: Assigned) -> str:
    target = item.target
    return target.op if isinstance(target, Apply) and all(isinstance(arg, Var) for arg in target.args) else item.name


def _distinct(items: Sequence[Tree]) -> tuple[Tree, ...]:
    kept: list[Tree] = []
    for item in items:
        if item not in kept and not (
            is_scalar(item) and any(is_scalar(k) and scalars.same_scalar(k, item) for k in kept)
        ):
            kept.append(item)
    return tuple(kept)

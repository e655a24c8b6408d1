"""What is settled once the whole tree is read: words that stand for labels, and plus-minus."""

from collections.abc import Callable, Iterator
from itertools import product

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Phrase,
    Quantity,
    Ratio,
    Relation,
    Tree,
    UnreadableError,
    Var,
    is_scalar,
    mapped,
    variables,
    walk,
)

_MAX_FREE_SIGNS = 3


def labels_as_words(tree: Tree) -> Tree:
    """The tree with words for its labels, where a label stands alone or as an item of a list.

    Raises:
        UnreadableError: A label stands within a formula.
    """
    match tree:
        case Var(name=name) if name.startswith("'"):
            words = wording.normal(name[1:])
            return Num(int(words)) if words.isdecimal() and len(words) < 10 else Phrase(words)
        case Items(kind=kind, items=items):
            return Items(kind, tuple(_labelled(item) or labels_as_words(item) for item in items))
        case Relation(terms=(Var(), *_)):
            return tree
        case Apply(op="mul", args=(value, Apply(op="div", args=(Var(name=top), Var(name=bottom))))) if top[0] == "'":
            return Quantity(value, f"{top[1:]}/{bottom.lstrip(chr(39))}")
        case _ if any(isinstance(node, Var) and node.name[:1] == "'" for node in walk(tree)):
            raise UnreadableError("words within a formula")
        case _:
            return tree


def _labelled(tree: Tree) -> Quantity | None:
    """A value of a list with its name before it, `Hens: 23`, as one with it behind, `23 hens`."""
    match tree:
        case Apply(op="mul", args=(Var(name=name), value)) if name[:1] == "'" and name[-1:] == ":" and _is_plain(value):
            return Quantity(value, name[1:-1].strip().lower())
        case Ratio(parts=(Var(name=name), value)) if name[:1] == "'" and _is_plain(value):
            return Quantity(value, name[1:].strip().lower())
        case _:
            return None


def _is_plain(tree: Tree) -> bool:
    """Whether it is an expression without words."""
    return is_scalar(tree) and not any(isinstance(node, Var) and node.name[:1] == "'" for node in walk(tree))


# -- limits and integrals


def without_operators(tree: Tree) -> Tree:
    r"""The tree without the limits, integrals and open sums whose value it states: `\lim x = 1` is 1.

    Raises:
        UnreadableError: The value is not stated.
    """
    match tree:
        case Relation(terms=(first, *_, last), signs=signs) if set(signs) <= {"=", "~"} and _is_operator(first):
            tree = Relation(tree.terms[1:], signs[1:]) if len(signs) > 1 else last
        case Items(kind=kind, items=items):
            return Items(kind, tuple(without_operators(item) for item in items))
    if any(isinstance(node, Apply) and node.op.startswith("opaque") for node in walk(tree)):
        raise UnreadableError("a limit or an integral that is not worked out")
    return tree


def _is_operator(tree: Tree) -> bool:
    """Whether it contains a limit or integral, or is a sum to a bound that is no number."""
    match tree:
        case Apply(op="sum" | "prod", args=(_, _, _, high)) if variables(high):
            return True
        case _:
            return any(isinstance(node, Apply) and node.op.startswith("opaque") for node in walk(tree))


# -- plus-minus: one expression that stands for two values


def written_out(tree: Tree) -> tuple[Tree, ...]:
    """What the tree may mean with every plus-minus replaced by its values, as items of a list.

    Several plus-minus go together, or, where no minus-plus says so, each on its own.
    """
    count = _num_signs(tree)
    if not count:
        return (tree,)
    together = _listed(tree, _both)
    is_linked = count == 1 or count > _MAX_FREE_SIGNS or _num_signs(tree, "mp")
    return (together,) if is_linked else (together, _listed(tree, _each))


def _num_signs(tree: Tree, *ops: str) -> int:
    return sum(isinstance(node, Apply) and node.op in (ops or ("pm", "mp")) for node in walk(tree))


def _listed(tree: Tree, parts_of: Callable[[Tree], tuple[Tree, ...]]) -> Tree:
    if isinstance(tree, Items) and tree.kind in {"list", "set"}:
        return Items(tree.kind, tuple(part for item in tree.items for part in parts_of(item)))
    parts = parts_of(tree)
    return parts[0] if len(parts) == 1 else Items("list", parts)


def _both(tree: Tree) -> tuple[Tree, ...]:
    return (_signed(tree, "pm"), _signed(tree, "mp")) if _num_signs(tree) else (tree,)


def _each(tree: Tree) -> tuple[Tree, ...]:
    """The tree with every combination of signs."""
    trees = []
    for signs in product((True, False), repeat=_num_signs(tree)):
        ahead = iter(signs)

        def signed(node: Tree, ahead: Iterator[bool] = ahead) -> Tree:
            match node:
                case Apply(op="pm", args=(left, right)):
                    return _sum(left, right, is_plus=next(ahead))
                case _:
                    return node

        trees.append(mapped(tree, signed))
    return tuple(trees)


def _signed(tree: Tree, plus: str) -> Tree:
    """The tree with `plus` read as a plus and its counterpart as a minus."""

    def signed(node: Tree) -> Tree:
        match node:
            case Apply(op="pm" | "mp" as op, args=(left, right)):
                return _sum(left, right, is_plus=op == plus)
            case _:
                return node

    return mapped(tree, signed)


def _sum(left: Tree, right: Tree, *, is_plus: bool) -> Tree:
    return Apply("add", (left, right if is_plus else Apply("neg", (right,))))

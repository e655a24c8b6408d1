"""What is settled once the whole tree is read: words that stand for labels, and plus-minus."""

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Phrase,
    Quantity,
    Relation,
    Tree,
    UnreadableError,
    Var,
    mapped,
    walk,
)


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
            return Items(kind, tuple(labels_as_words(item) for item in items))
        case Relation(terms=(Var(), *_)):
            return tree
        case Apply(op="mul", args=(value, Apply(op="div", args=(Var(name=top), Var(name=bottom))))) if top[0] == "'":
            return Quantity(value, f"{top[1:]}/{bottom.lstrip(chr(39))}")
        case _ if any(isinstance(node, Var) and node.name[:1] == "'" for node in walk(tree)):
            raise UnreadableError("words within a formula")
        case _:
            return tree


# -- plus-minus: one expression that stands for two values


def written_out(tree: Tree) -> Tree:
    """The tree with every plus-minus replaced by both of its values, as items of a list."""
    if isinstance(tree, Items) and tree.kind in {"list", "set"}:
        return Items(tree.kind, tuple(part for item in tree.items for part in _both(item)))
    parts = _both(tree)
    return tree if len(parts) == 1 else Items("list", parts)


def _both(tree: Tree) -> tuple[Tree, ...]:
    if not any(isinstance(node, Apply) and node.op in {"pm", "mp"} for node in walk(tree)):
        return (tree,)
    return (_signed(tree, "pm"), _signed(tree, "mp"))


def _signed(tree: Tree, plus: str) -> Tree:
    """The tree with `plus` read as a plus and its counterpart as a minus."""

    def signed(node: Tree) -> Tree:
        match node:
            case Apply(op="pm" | "mp" as op, args=(left, right)):
                return Apply("add", (left, right if op == plus else Apply("neg", (right,))))
            case _:
                return node

    return mapped(tree, signed)

"""Words that were read as labels."""

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Quantity,
    Relation,
    Text,
    Tree,
    UnreadableError,
    Var,
    walk,
)


def labels_as_words(tree: Tree) -> Tree:
    """Labels that stand alone are words; in a list each is."""
    match tree:
        case Var(name=name) if name.startswith("'"):
            words = wording.normal(name[1:])
            return Num(int(words)) if words.isdecimal() and len(words) < 10 else Text(words)
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
    match tree:
        case Apply(op="pm" | "mp" as op, args=(left, right)):
            left, right = _signed(left, plus), _signed(right, plus)
            return Apply("add", (left, right if op == plus else Apply("neg", (right,))))
        case Apply(op=op, args=args):
            return Apply(op, tuple(_signed(arg, plus) for arg in args))
        case Items(kind=kind, items=items):
            return Items(kind, tuple(_signed(item, plus) for item in items))
        case Relation(terms=terms, signs=signs):
            return Relation(tuple(_signed(term, plus) for term in terms), signs)
        case Quantity(value=value, unit=unit):
            return Quantity(_signed(value, plus), unit)
        case _:
            return tree

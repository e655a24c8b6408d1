"""Conditions that bound a value: `x > 5`, joined by "and" and "or"; and those without a name, such as `24 or more`."""

from distill.verifiers.math_answer.tree import (
    Const,
    Interval,
    Items,
    Relation,
    SetOp,
    Tree,
    Var,
    folded,
    is_scalar,
    negative,
    variables,
)

ORDERED = frozenset({"<", ">", "<=", ">="})

_BEFORE = {
    "at least": ">=", "no less than": ">=", "not less than": ">=", "minimum of": ">=", "no fewer than": ">=",
    "at most": "<=", "no more than": "<=", "not more than": "<=", "up to": "<=", "maximum of": "<=",
    "more than": ">", "greater than": ">", "larger than": ">", "over": ">", "above": ">",
    "less than": "<", "fewer than": "<", "smaller than": "<", "under": "<", "below": "<",
    "not": "!=", "not equal to": "!=", "anything but": "!=",
}  # fmt: skip
_AFTER = {
    **{f"or {word}": ">=" for word in ("more", "greater", "higher", "above", "larger")},
    **{f"or {word}": "<=" for word in ("less", "fewer", "lower", "below", "smaller")},
}


def sign_before(words: str) -> str:
    """The relation that words before a value put it in; "" for other words."""
    return _BEFORE.get(words.strip().lower(), "")


def sign_after(words: str) -> str:
    """The relation that words after a value put it in; "" for other words."""
    return _AFTER.get(words.strip().lower(), "")


def bounded(sign: str, value: Tree) -> Tree:
    """All reals in this relation to a value: a set, so never the value itself."""
    match sign:
        case "<" | "<=":
            return Interval(negative(Const("inf")), value, is_low_closed=False, is_high_closed=sign == "<=")
        case ">" | ">=":
            return Interval(value, Const("inf"), sign == ">=", is_high_closed=False)
        case _:
            return SetOp("minus", (SetOp("R"), Items("set", (value,))))


def joined(items: tuple[Tree, ...], joints: set[str]) -> Tree:
    """A list; conditions on one variable that "and" joins all hold, and of those that "or" joins, one."""
    if joints in ({"and"}, {"or"}) and len({_bounded(item) for item in items}) == 1 and _bounded(items[0]):
        return folded("intersection" if joints == {"and"} else "union", items)
    return Items("list", items)


def _bounded(tree: Tree) -> str:
    """The variable that an inequality, or a combination of some, bounds by numbers; "" for anything else."""
    match tree:
        case SetOp(op="union" | "intersection", args=args):
            names = {_bounded(arg) for arg in args}
            return names.pop() if len(names) == 1 else ""
        case Relation(terms=terms, signs=signs) if set(signs) <= ORDERED:
            is_bound = any(isinstance(t, Var) for t in terms) and all(map(is_scalar, terms))
            return next(iter(variables(tree))) if is_bound and len(variables(tree)) == 1 else ""
        case _:
            return ""

"""Functions and operators by name: with a base, a power, a range; and numbers of choices."""

from fractions import Fraction

from distill.verifiers.math_answer.reading.brackets import bracket
from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.matrices import combine
from distill.verifiers.math_answer.reading.tokens import END
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Items,
    Num,
    Relation,
    Tree,
    UnreadableError,
    Var,
    mapped,
    negative,
    rational,
)

_OTHER_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "acot": "arccot", "asec": "arcsec",
                "acsc": "arccsc", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "arsinh": "arcsinh",
                "arcosh": "arccosh", "artanh": "arctanh", "arcoth": "arccoth", "tg": "tan", "ctg": "cot",
                "arctg": "arctan", "arcctg": "arccot", "cosec": "csc", "lg": "log10"}  # fmt: skip
_RECIPROCALS = {"sech": "cosh", "csch": "sinh"}
_INVERSE_RECIPROCALS = {"arcsec": "arccos", "arccsc": "arcsin", "arcsech": "arccosh", "arccsch": "arcsinh",
                        "arccoth": "arctanh"}  # fmt: skip
_INVERTIBLE = frozenset("sin cos tan cot sec csc sinh cosh tanh coth sech csch".split())
_MINUS_ONE = frozenset({Num(-1), Apply("neg", (Num(1),))})
_MAX_DOUBLE_FACTORIAL = 300


def function(reader: Reader, name: str) -> Tree:
    """A named function with its base, its power and its argument."""
    name = _OTHER_NAMES.get(name, name)
    base = _subscript(reader) if reader.cursor.take("sub") else None
    power: Tree | None = None
    if reader.cursor.take("pow"):
        power = reader.group() if reader.cursor.peek().value == "group" else _power_of_function(reader)
    args = _arguments(reader)
    if power in _MINUS_ONE and name in _INVERTIBLE:
        return _applied("arc" + name, args)
    tree = _applied(name, args if base is None else (*args, base))
    return tree if power is None else combine("pow", tree, power)


def _applied(name: str, args: tuple[Tree, ...]) -> Tree:
    """The function of its arguments, by the functions that are worked out: sech is 1/cosh, arcsec x is arccos 1/x."""
    if name == "cis":
        return Apply("pow", (Const("e"), Apply("mul", (Const("i"), *args))))
    if name in _RECIPROCALS and len(args) == 1:
        return Apply("div", (Num(1), Apply(_RECIPROCALS[name], args)))
    if name in _INVERSE_RECIPROCALS and len(args) == 1:
        return Apply(_INVERSE_RECIPROCALS[name], (Apply("div", (Num(1), args[0])),))
    return Apply(name, args)


def _subscript(reader: Reader) -> Tree:
    return reader.group() if reader.cursor.peek().value == "group" else reader.argument()


def _power_of_function(reader: Reader) -> Tree:
    return negative(reader.primary()) if reader.cursor.take("op", "-") else reader.argument()


def _arguments(reader: Reader) -> tuple[Tree, ...]:
    if reader.cursor.peek().kind == "open" and reader.cursor.peek().value in {"(", "group", "{"}:
        inner = bracket(reader, reader.cursor.next().value)
        if reader.cursor.peek().kind == "pow" and reader.cursor.peek().value == "^" and isinstance(inner, Items):
            raise UnreadableError("a power of a list")
        return inner.items if isinstance(inner, Items) else (inner,)
    if reader.cursor.take("op", "-"):
        return (negative(reader.power()),)
    product = reader.power()
    token = reader.cursor.peek()
    while reader.starts_factor(token) and token.kind != "fn" and token.value != "(":
        product = combine("mul", product, reader.power())
        token = reader.cursor.peek()
    return (product,)


def root(reader: Reader) -> Tree:
    """A square root, or one with an index."""
    if reader.cursor.take("open", "["):
        index = reader.expression(0)
        if not reader.cursor.take("close", "]"):
            raise UnreadableError("a root's index is not closed")
        return Apply("root", (_radicand(reader), index))
    return Apply("sqrt", (_radicand(reader),))


def _radicand(reader: Reader) -> Tree:
    if reader.cursor.peek().kind == "open" and reader.cursor.peek().value == "(":
        reader.cursor.next()
        return bracket(reader, "(")
    return reader.group() if reader.cursor.peek().value == "group" else reader.primary()


# -- operators with a range


def big(reader: Reader, name: str) -> Tree:
    """A sum or product over an integer range."""
    reader.cursor.has_operators = True
    bounds: dict[str, Tree] = {}
    while reader.cursor.peek().kind in {"sub", "pow"}:
        kind = reader.cursor.next().kind
        bounds[kind] = reader.group() if reader.cursor.peek().value == "group" else reader.primary()
    body = reader.expression(12)
    match bounds:
        case {"sub": Relation(terms=(Const("i" | "e" as letter), low), signs=("=",)), "pow": high}:
            return Apply(name, (_with_letter(body, letter), Var(letter), low, high))
        case {"sub": Relation(terms=(Var() as index, low), signs=("=",)), "pow": high}:
            return Apply(name, (body, index, low, high))
        case _:
            raise UnreadableError(f"a {name} without a range")


def _with_letter(tree: Tree, letter: str) -> Tree:
    """The tree with a variable for the constant that this letter otherwise is."""
    return mapped(tree, lambda node: Var(letter) if node == Const(letter) else node)


def opaque(reader: Reader, name: str) -> Tree:
    """A limit or an integral: its range is passed over, its body read."""
    reader.cursor.has_operators = True
    while reader.cursor.peek().kind in {"sub", "pow"}:
        reader.cursor.next()
        _pass_over(reader)
    return Apply(f"opaque {name}", (reader.expression(12),))


def _pass_over(reader: Reader) -> None:
    """Leave out a group, with the groups in it, or one token."""
    depth = 0
    while (token := reader.cursor.next()) is not END:
        depth += (token.kind == "open") - (token.kind == "close")
        if depth <= 0:
            return


RANGED = {
    **dict.fromkeys(("sum", "prod"), big),
    **dict.fromkeys(("lim", "int", "iint", "iiint", "oint", "limsup", "liminf", "sup", "inf"), opaque),
}
"""Readers of operators with a range. The value of limits and integrals is not worked out: what is stated is read."""

# -- counting


def choices(name: str, lower: Tree, upper: Tree) -> Tree | None:
    """`C_5^2` and `A_5^2`, choices with and without regard to order; None where it reads as a power."""
    match lower, upper:
        case Num(value=int(n)), Num(value=int(k)):
            is_counted = 2 < n >= k >= 0
        case _:
            is_counted = name == "C" and not isinstance(lower, Num)
    if not is_counted:
        return None
    return Apply("binom", (lower, upper)) if name == "C" else arrangements(lower, upper)


def arrangements(n: Tree, k: Tree) -> Tree:
    """Ordered choices of k out of n."""
    return Apply("div", (Apply("factorial", (n,)), Apply("factorial", (Apply("add", (n, negative(k))),))))


def choices_of(reader: Reader) -> Tree:
    """`{}_{10}C_3`, whose first index is taken."""
    n = _subscript(reader)
    name = reader.cursor.next().value
    if name not in {"C", "P"} or not reader.cursor.take("sub"):
        raise UnreadableError("an index of nothing")
    k = _subscript(reader)
    return Apply("binom", (n, k)) if name == "C" else arrangements(n, k)


def double_factorial(tree: Tree) -> Tree:
    """`7!!` is 7 · 5 · 3 · 1; of `2n` and `2n - 1` by factorials of n."""
    value = rational(tree)
    if isinstance(value, int):
        if not 0 <= value <= _MAX_DOUBLE_FACTORIAL:
            raise UnreadableError("a double factorial that large")
        product = 1
        for factor in range(value, 1, -2):
            product *= factor
        return Num(product)
    match tree:
        case Apply(op="mul", args=(Num(value=2), half)):
            return Apply("mul", (Apply("pow", (Num(2), half)), Apply("factorial", (half,))))
        case Apply(op="add", args=(Apply(op="mul", args=(Num(value=2), half)), rest)) if rational(rest) in {1, -1}:
            below = half if rational(rest) == 1 else Apply("add", (half, Num(-1)))
            evens = Apply("mul", (Apply("pow", (Num(2), below)), Apply("factorial", (below,))))
            return Apply("div", (Apply("factorial", (tree,)), evens))
        case _:
            raise UnreadableError("a double factorial of another form")


def gamma(tree: Tree) -> Tree:
    """The gamma function by the factorial: Γ(x) is (x - 1)!."""
    value = rational(tree)
    return Apply("factorial", (Num(Fraction(value) - 1) if value is not None else Apply("add", (tree, Num(-1))),))


def zeta(tree: Tree) -> Tree:
    """Riemann's zeta function by its series: ζ(s) is the sum of 1/k^s, where that converges.

    Raises:
        UnreadableError: The argument is no number above 1.
    """
    value = rational(tree)
    if value is None or value <= 1:
        raise UnreadableError("a zeta function of another argument")
    return Apply("sum", (Apply("pow", (Var("k"), negative(tree))), Var("k"), Num(1), Const("inf")))

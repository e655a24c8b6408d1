"""The smallest parts of a formula: numbers, names, brackets, absolute values, functions.

Each function reads one, after its first token, from the grammar's cursor.
"""

from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.literals import based, literal, repeating
from distill.verifiers.math_answer.reading.matrices import combine
from distill.verifiers.math_answer.reading.tokens import END, FUNCTIONS, Token
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
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
    negative,
)  # fmt: skip

FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "hbar ell triangle angle square star bullet parallel perp imath jmath partial nabla aleph".split()
)
_INVERSES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
             "atanh": "arctanh", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
             "lg": "log10"}  # fmt: skip
_APPLIED = frozenset("ghpqPQWTSRNGHV")


def number(g: Reader, text: str) -> Tree:
    """A number: a decimal, perhaps repeating, a numeral of a base, or a mixed number."""
    number = literal(text)
    token = g.cursor.tokens[g.cursor.at]
    if token.kind == "sub":
        g.cursor.next()
        numeral = based(text, g.cursor.raw_argument())
        if numeral is None:
            raise UnreadableError("not a numeral of that base")
        return numeral
    if token.kind == "cmd":
        if token.value == "overline" and "." in text:
            g.cursor.next()
            return repeating(text, g.cursor.raw_argument())
        return _mixed(g, number) if token.value in FRACTIONS and isinstance(number.value, int) else number
    if token.kind == "dots" and "." in text and len(set(text[-3:])) == 1 and text[-1].isdecimal():
        g.cursor.next()
        return repeating(text[:-1], text[-1])
    return number


def _mixed(g: Reader, whole: Num) -> Tree:
    r"""`2\frac{1}{3}` is 7/3 where the fraction is proper and literal."""
    if whole.num_digits or g.cursor.tokens[g.cursor.at - 2].kind == "pow":
        return whole
    start, saved = g.cursor.at, list(g.cursor.tokens[g.cursor.at : g.cursor.at + 8])
    fraction = command(g, g.cursor.next().value)
    match fraction:
        case Apply(op="div", args=(Num(value=int(top), num_digits=0), Num(value=int(bottom), num_digits=0))) if (
            0 < top < bottom
        ):
            return Apply("add", (whole, fraction))
        case _:
            g.cursor.tokens[start : start + 8] = saved
            g.cursor.at = start
            return whole


def named(g: Reader, name: str) -> Tree:
    """A variable with its primes and subscript, or a function applied to arguments."""
    while g.cursor.take("one", "'"):
        name += "'"
    if g.cursor.take("sub"):
        start = g.cursor.at
        raw = g.cursor.raw_argument()
        if raw.isalnum() and not (len(raw) == 1 and raw.isalpha()):
            name = f"{name}_{raw}"
        else:
            g.cursor.at = start
            index = g.group() if g.cursor.peek().value == "group" else g.primary()
            return Apply(f"f:{name}", (index,))
    if g.cursor.peek() == Token("open", "(") and (name in "fFC" or name in _APPLIED or name[-1] == "'"):
        start = g.cursor.at
        g.cursor.next()
        inner = bracket(g, "(")
        args = inner.items if isinstance(inner, Items) else (inner,)
        is_value = isinstance(inner, Items) or (isinstance(inner, Var | Num) and name != "C")
        if name[0] in "fF" or name[-1] == "'" or is_value:
            return Apply(f"f:{name}", args)
        g.cursor.at = start
    return Var(name)


def bracket(g: Reader, kind: str) -> Tree:
    """What stands in brackets: a grouping, a tuple, an interval, a set, floor or ceiling."""
    bars, g.cursor.num_bars = g.cursor.num_bars, 0
    if kind == "{" and g.cursor.take("close", "}"):
        return SetOp("empty")
    inner = g.sequence(("close", "bar") if kind == "{" else ("close",))
    if kind == "{" and g.cursor.take("bar"):
        domain, inner = inner, g.sequence(("close",))
        if not isinstance(inner, Relation) or (isinstance(domain, Relation) and domain.terms[-1] != SetOp("R")):
            raise UnreadableError("a set of another form")
    g.cursor.num_bars = bars
    closer = g.cursor.next()
    if kind in {"group", "floor", "ceil", "|", "{"}:
        return _wrapped(kind, inner, closer)
    if closer is not END and closer.value not in ")]":
        raise UnreadableError("brackets do not match")
    end = closer.value or {"(": ")", "[": "]"}[kind]
    items = inner.items if isinstance(inner, Items) and inner.kind == "list" else None
    if items is None:
        return inner
    if {"(": ")", "[": "]"}[kind] != end:
        if len(items) != 2:
            raise UnreadableError("brackets do not match")
        return Interval(items[0], items[1], kind == "[", end == "]")
    return Items("(" if kind == "(" else "[", items)


def _wrapped(kind: str, inner: Tree, closer: Token) -> Tree:
    if closer is not END and closer.value != {"{": "}"}.get(kind, kind):
        raise UnreadableError("brackets do not match")
    if kind == "group":
        return inner
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
        case Relation(signs=signs) if signs != ("=",):
            return inner
        case Items(kind="list", items=items):
            return Items("set", items)
        case _:
            return Items("set", (inner,))


def absolute(g: Reader) -> Tree:
    """What stands between bars."""
    double = g.cursor.take("bar")
    g.cursor.num_bars += 1
    inner = g.expression(0)
    g.cursor.num_bars -= 1
    if not g.cursor.take("bar") or (double and not g.cursor.take("bar")):
        raise UnreadableError("a bar is not closed")
    return Apply("abs", (inner,))


def function(g: Reader, name: str) -> Tree:
    """A named function with its base, its power and its argument."""
    name = _INVERSES.get(name, name)
    base = _subscript(g) if g.cursor.take("sub") else None
    power: Tree | None = None
    if g.cursor.take("pow"):
        power = g.group() if g.cursor.peek().value == "group" else _power_of_function(g)
    args = _function_arguments(g)
    if power in {Num(-1), Apply("neg", (Num(1),))} and name in {"sin", "cos", "tan", "sinh", "cosh", "tanh"}:
        return Apply("arc" + name, args)
    if name == "cis":
        return Apply("pow", (Const("e"), Apply("mul", (Const("i"), *args))))
    tree = Apply(name, args if base is None else (*args, base))
    return tree if power is None else combine("pow", tree, power)


def _subscript(g: Reader) -> Tree:
    return g.group() if g.cursor.peek().value == "group" else g.argument()


def _power_of_function(g: Reader) -> Tree:
    return negative(g.primary()) if g.cursor.take("op", "-") else g.argument()


def _function_arguments(g: Reader) -> tuple[Tree, ...]:
    if g.cursor.peek().kind == "open" and g.cursor.peek().value in {"(", "group", "{"}:
        inner = bracket(g, g.cursor.next().value)
        if g.cursor.peek().kind == "pow" and g.cursor.peek().value == "^" and isinstance(inner, Items):
            raise UnreadableError("a power of a list")
        return inner.items if isinstance(inner, Items) else (inner,)
    if g.cursor.take("op", "-"):
        return (negative(g.power()),)
    product = g.power()
    while g.starts_factor(g.cursor.peek()) and g.cursor.peek().kind != "fn" and g.cursor.peek().value != "(":
        product = combine("mul", product, g.power())
    return (product,)


def command(g: Reader, name: str) -> Tree:
    """What a LaTeX command makes of its arguments."""
    if name in FRACTIONS:
        top = g.argument()
        return combine("div", top, g.argument())
    if name in _BINOMIALS:
        top = g.argument()
        return Apply("binom", (top, g.argument()))
    if name == "sqrt":
        return _root(g)
    if name in {"sum", "prod"}:
        return _big(g, name)
    if name in {"boxed", "fbox", "displaystyle", "mathop"}:
        return g.argument()
    if name in {"neg", "lnot"}:
        return Apply("add", (Num(1), Apply("neg", (g.power(),))))
    if name in FUNCTIONS or name in {"arcsinh", "arccosh", "arctanh"}:
        return function(g, name)
    if name == "overline" and g.cursor.peek().kind == "open":
        return Var(f"overline {g.cursor.raw_argument()}")
    if name.islower() or name.isalpha():
        return _symbol(g, name)
    raise UnreadableError(f"unknown command {name!r}")


def _symbol(g: Reader, name: str) -> Tree:
    """A Greek letter or another symbol that stands for a variable."""
    if name.replace("var", "").lower() not in _GREEK:
        raise UnreadableError(f"unknown command {name!r}")
    return named(g, name)


def _root(g: Reader) -> Tree:
    if g.cursor.take("open", "["):
        index = g.expression(0)
        if not g.cursor.take("close", "]"):
            raise UnreadableError("a root's index is not closed")
        return Apply("root", (_radicand(g), index))
    return Apply("sqrt", (_radicand(g),))


def _radicand(g: Reader) -> Tree:
    if g.cursor.peek().kind == "open" and g.cursor.peek().value == "(":
        g.cursor.next()
        return bracket(g, "(")
    return g.group() if g.cursor.peek().value == "group" else g.primary()


def _big(g: Reader, name: str) -> Tree:
    """A sum or product over an integer range."""
    bounds: dict[str, Tree] = {}
    while g.cursor.peek().kind in {"sub", "pow"}:
        kind = g.cursor.next().kind
        bounds[kind] = g.group() if g.cursor.peek().value == "group" else g.primary()
    match bounds:
        case {"sub": Relation(terms=(Var() as index, low), signs=("=",)), "pow": high}:
            return Apply(name, (g.expression(12), index, low, high))
        case _:
            raise UnreadableError(f"a {name} without a range")


def matrix(g: Reader, name: str) -> Tree:
    """The rows of a matrix or array environment; a determinant in single bars."""
    if not (name.rstrip("*").endswith("matrix") or name in {"array", "cases", "dcases"}):
        raise UnreadableError(f"environment {name!r}")
    if name == "array" and g.cursor.peek().value == "group":
        g.cursor.raw_argument()
    rows: list[list[Tree]] = [[]]
    while not g.cursor.take("end"):
        if g.cursor.take("row"):
            rows.append([])
        elif not (g.cursor.take("cell") or (g.cursor.peek().kind == "text" and _skips_condition_word(g))):
            rows[-1].append(g.sequence(("row", "cell", "end")))
        if g.cursor.peek() is END:
            raise UnreadableError("a matrix is not closed")
    rows = [row for row in rows if row]
    if name.endswith("cases"):
        return Items("list", tuple(row[0] if len(row) == 1 else Items("(", tuple(row)) for row in rows))
    if not rows or len({len(row) for row in rows}) != 1:
        raise UnreadableError("rows of different lengths")
    grid = Matrix(tuple(tuple(row) for row in rows))
    return Apply("det", (grid,)) if name == "vmatrix" else grid


def _skips_condition_word(g: Reader) -> bool:
    """Take the `if` of a piecewise function."""
    is_taken = g.cursor.peek().value.strip(" ,").lower() in {"if", "for", "when", "当", "若"}
    g.cursor.at += is_taken
    return is_taken

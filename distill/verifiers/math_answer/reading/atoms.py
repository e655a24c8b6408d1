"""The smallest parts of a formula: numbers, names, brackets, absolute values, functions.

Each function reads one from the reader's cursor, which stands after its first token.
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


def number(reader: Reader, text: str) -> Tree:
    """A number: a decimal, perhaps repeating, a numeral of a base, or a mixed number."""
    plain = literal(text)
    token = reader.cursor.tokens[reader.cursor.at]
    if token.kind == "sub":
        reader.cursor.next()
        numeral = based(text, reader.cursor.raw_argument())
        if numeral is None:
            raise UnreadableError("not a numeral of that base")
        return numeral
    if token.kind == "cmd":
        if token.value == "overline" and "." in text:
            reader.cursor.next()
            return repeating(text, reader.cursor.raw_argument())
        return _mixed(reader, plain) if token.value in FRACTIONS and isinstance(plain.value, int) else plain
    if token.kind == "dots" and "." in text and len(set(text[-3:])) == 1 and text[-1].isdecimal():
        reader.cursor.next()
        return repeating(text[:-1], text[-1])
    return plain


def _mixed(reader: Reader, whole: Num) -> Tree:
    r"""`2\frac{1}{3}` is 7/3 where the fraction is proper and literal."""
    if whole.num_digits or reader.cursor.tokens[reader.cursor.at - 2].kind == "pow":
        return whole
    start, saved = reader.cursor.at, list(reader.cursor.tokens[reader.cursor.at : reader.cursor.at + 8])
    fraction = command(reader, reader.cursor.next().value)
    match fraction:
        case Apply(op="div", args=(Num(value=int(top), num_digits=0), Num(value=int(bottom), num_digits=0))) if (
            0 < top < bottom
        ):
            return Apply("add", (whole, fraction))
        case _:
            reader.cursor.tokens[start : start + 8] = saved
            reader.cursor.at = start
            return whole


def named(reader: Reader, name: str) -> Tree:
    """A variable with its primes and subscript, or a function applied to arguments."""
    while reader.cursor.take("one", "'"):
        name += "'"
    if reader.cursor.take("sub"):
        start = reader.cursor.at
        raw = reader.cursor.raw_argument()
        if raw.isalnum() and not (len(raw) == 1 and raw.isalpha()):
            name = f"{name}_{raw}"
        else:
            reader.cursor.at = start
            index = reader.group() if reader.cursor.peek().value == "group" else reader.primary()
            return Apply(f"f:{name}", (index,))
    if reader.cursor.peek() == Token("open", "(") and (name in "fFC" or name in _APPLIED or name[-1] == "'"):
        start = reader.cursor.at
        reader.cursor.next()
        inner = bracket(reader, "(")
        args = inner.items if isinstance(inner, Items) else (inner,)
        is_value = isinstance(inner, Items) or (isinstance(inner, Var | Num) and name != "C")
        if name[0] in "fF" or name[-1] == "'" or is_value:
            return Apply(f"f:{name}", args)
        reader.cursor.at = start
    return Var(name)


def bracket(reader: Reader, kind: str) -> Tree:
    """What stands in brackets: a grouping, a tuple, an interval, a set, floor or ceiling."""
    bars, reader.cursor.num_bars = reader.cursor.num_bars, 0
    if kind == "{" and reader.cursor.take("close", "}"):
        return SetOp("empty")
    inner = reader.sequence(("close", "bar") if kind == "{" else ("close",))
    if kind == "{" and reader.cursor.take("bar"):
        domain, inner = inner, reader.sequence(("close",))
        if not isinstance(inner, Relation) or (isinstance(domain, Relation) and domain.terms[-1] != SetOp("R")):
            raise UnreadableError("a set of another form")
    reader.cursor.num_bars = bars
    closer = reader.cursor.next()
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


def absolute(reader: Reader) -> Tree:
    """What stands between bars."""
    double = reader.cursor.take("bar")
    reader.cursor.num_bars += 1
    inner = reader.expression(0)
    reader.cursor.num_bars -= 1
    if not reader.cursor.take("bar") or (double and not reader.cursor.take("bar")):
        raise UnreadableError("a bar is not closed")
    return Apply("abs", (inner,))


def function(reader: Reader, name: str) -> Tree:
    """A named function with its base, its power and its argument."""
    name = _INVERSES.get(name, name)
    base = _subscript(reader) if reader.cursor.take("sub") else None
    power: Tree | None = None
    if reader.cursor.take("pow"):
        power = reader.group() if reader.cursor.peek().value == "group" else _power_of_function(reader)
    args = _function_arguments(reader)
    if power in {Num(-1), Apply("neg", (Num(1),))} and name in {"sin", "cos", "tan", "sinh", "cosh", "tanh"}:
        return Apply("arc" + name, args)
    if name == "cis":
        return Apply("pow", (Const("e"), Apply("mul", (Const("i"), *args))))
    tree = Apply(name, args if base is None else (*args, base))
    return tree if power is None else combine("pow", tree, power)


def _subscript(reader: Reader) -> Tree:
    return reader.group() if reader.cursor.peek().value == "group" else reader.argument()


def _power_of_function(reader: Reader) -> Tree:
    return negative(reader.primary()) if reader.cursor.take("op", "-") else reader.argument()


def _function_arguments(reader: Reader) -> tuple[Tree, ...]:
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


def command(reader: Reader, name: str) -> Tree:
    """What a LaTeX command makes of its arguments."""
    if name in FRACTIONS:
        top = reader.argument()
        return combine("div", top, reader.argument())
    if name in _BINOMIALS:
        top = reader.argument()
        return Apply("binom", (top, reader.argument()))
    if name == "sqrt":
        return _root(reader)
    if name in {"sum", "prod"}:
        return _big(reader, name)
    if name in {"boxed", "fbox", "displaystyle", "mathop"}:
        return reader.argument()
    if name in {"neg", "lnot"}:
        return Apply("add", (Num(1), Apply("neg", (reader.power(),))))
    if name in FUNCTIONS or name in {"arcsinh", "arccosh", "arctanh"}:
        return function(reader, name)
    if name == "overline" and reader.cursor.peek().kind == "open":
        return Var(f"overline {reader.cursor.raw_argument()}")
    if name.islower() or name.isalpha():
        return _symbol(reader, name)
    raise UnreadableError(f"unknown command {name!r}")


def _symbol(reader: Reader, name: str) -> Tree:
    """A Greek letter or another symbol that stands for a variable."""
    if name.replace("var", "").lower() not in _GREEK:
        raise UnreadableError(f"unknown command {name!r}")
    return named(reader, name)


def _root(reader: Reader) -> Tree:
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


def _big(reader: Reader, name: str) -> Tree:
    """A sum or product over an integer range."""
    bounds: dict[str, Tree] = {}
    while reader.cursor.peek().kind in {"sub", "pow"}:
        kind = reader.cursor.next().kind
        bounds[kind] = reader.group() if reader.cursor.peek().value == "group" else reader.primary()
    match bounds:
        case {"sub": Relation(terms=(Var() as index, low), signs=("=",)), "pow": high}:
            return Apply(name, (reader.expression(12), index, low, high))
        case _:
            raise UnreadableError(f"a {name} without a range")

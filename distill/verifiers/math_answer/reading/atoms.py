"""The smallest parts of a formula: numbers, names, brackets, absolute values, functions.

Each function reads one from the reader's cursor, which stands after its first token.
"""

from distill.verifiers.math_answer.reading import brackets, functions
from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.literals import based, literal, repeating
from distill.verifiers.math_answer.reading.matrices import combine
from distill.verifiers.math_answer.reading.tokens import FUNCTIONS, GREEK, Token
from distill.verifiers.math_answer.tree import (
    Apply,
    Items,
    Num,
    Tree,
    UnreadableError,
    Var,
)  # fmt: skip

FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
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
    if token == Token("open", "(") and text.endswith("."):
        reader.cursor.next()
        return repeating(text, _digits_in_parentheses(reader))
    if token.kind == "dots" and "." in text and len(set(text[-3:])) == 1 and text[-1].isdecimal():
        reader.cursor.next()
        return repeating(text[:-1], text[-1])
    return plain


def _digits_in_parentheses(reader: Reader) -> str:
    """The block of a repeating decimal, `0.(3)`, and its closing parenthesis."""
    block = reader.cursor.next().value
    if not reader.cursor.take("close", ")"):
        raise UnreadableError("a repeating decimal of another form")
    return block


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
    name = _primed(reader, name)
    if reader.cursor.take("sub"):
        start = reader.cursor.at
        is_word = Token("open", "group") == reader.cursor.peek() and reader.cursor.tokens[start + 1].kind == "text"
        raw = reader.cursor.raw_argument()
        if not raw.isalnum() or (len(raw) == 1 and raw.isalpha() and not is_word):
            is_function = reader.cursor.is_definition_ahead() or name in "fFpPgGmM"
            if is_function and raw.isalnum() and (applied := _applied(reader, f"{name}_{raw}")):
                return applied
            reader.cursor.at = start
            index = reader.group() if reader.cursor.peek().value == "group" else reader.primary()
            return _counted(reader, name, index) or Apply(f"f:{_primed(reader, name)}", (index,))
        counted = _counted(reader, name, Num(int(raw))) if raw.isdecimal() else None
        if counted is not None:
            return counted
        name = _primed(reader, f"{name}_{raw}")
    if _is_inverse(reader, name):
        reader.cursor.at += 5
        name += "^-1"
    return _applied(reader, name) or Var(name)


def _primed(reader: Reader, name: str) -> str:
    while reader.cursor.take("one", "'"):
        name += "'"
    return name


def _counted(reader: Reader, name: str, lower: Tree) -> Tree | None:
    """A number of choices, `C_{10}^3`, whose name and lower index are read; else nothing is taken."""
    if name not in {"C", "A"} or reader.cursor.peek().kind != "pow":
        return None
    start, saved = reader.cursor.at, list(reader.cursor.tokens[reader.cursor.at : reader.cursor.at + 4])
    reader.cursor.next()
    counted = functions.choices(name, lower, reader.argument())
    if counted is None:
        reader.cursor.tokens[start : start + 4] = saved
        reader.cursor.at = start
    return counted


def _is_inverse(reader: Reader, name: str) -> bool:
    """Whether `^{-1}(` follows the name of a function."""
    ahead = reader.cursor.tokens[reader.cursor.at : reader.cursor.at + 6]
    return name in "fgh" and [token.value for token in ahead] == ["^", "group", "-", "1", "group", "("]


def _applied(reader: Reader, name: str) -> Tree | None:
    """A function of what stands in the parentheses ahead; None, and nothing taken, where it is a factor."""
    if reader.cursor.peek() != Token("open", "("):
        return None
    if name in {"P", "Pr"} and (event := reader.cursor.event_ahead()):
        return Var(f"P({event})")
    is_defined = reader.cursor.is_definition_ahead()
    is_function = name[0] in "fF" or name.endswith(("'", "^-1")) or is_defined
    if not (is_function or name == "C" or name in _APPLIED):
        return None
    start = reader.cursor.at
    reader.cursor.next()
    inner = brackets.bracket(reader, "(")
    args = inner.items if isinstance(inner, Items) else (inner,)
    is_value = isinstance(inner, Items) or (isinstance(inner, Var | Num) and name != "C")
    if is_function or is_value:
        return Apply(f"f:{name}", args)
    reader.cursor.at = start
    return None


def command(reader: Reader, name: str) -> Tree:
    """What a LaTeX command makes of its arguments."""
    if name in FRACTIONS:
        top = reader.argument()
        return combine("div", top, reader.argument())
    if name in _BINOMIALS:
        top = reader.argument()
        return Apply("binom", (top, reader.argument()))
    if name == "sqrt":
        return functions.root(reader)
    if name in functions.RANGED:
        return functions.RANGED[name](reader, name)
    if name in {"boxed", "fbox", "displaystyle", "mathop"}:
        return reader.argument()
    if name in {"neg", "lnot"}:
        return Apply("add", (Num(1), Apply("neg", (reader.power(),))))
    if name in FUNCTIONS:
        return functions.function(reader, name)
    if name == "overline" and reader.cursor.peek().kind == "open":
        return Var(f"overline {reader.cursor.raw_argument()}")
    if name.islower() or name.isalpha():
        return _symbol(reader, name)
    raise UnreadableError(f"unknown command {name!r}")


def _symbol(reader: Reader, name: str) -> Tree:
    """A Greek letter or another symbol that stands for a variable."""
    if name.replace("var", "").lower() not in GREEK:
        raise UnreadableError(f"unknown command {name!r}")
    if name in {"Gamma", "zeta"} and reader.cursor.take("open", "("):
        argument = brackets.bracket(reader, "(")
        return functions.gamma(argument) if name == "Gamma" else functions.zeta(argument)
    return named(reader, name)

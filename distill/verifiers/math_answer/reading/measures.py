"""Values with what is written around them: units, currencies, degrees, counting words."""

import re
from fractions import Fraction

from distill.verifiers.math_answer import units
from distill.verifiers.math_answer.reading.bounds import bounded, sign_after
from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.tree import (
    Apply,
    Dots,
    Num,
    Quantity,
    Ratio,
    Tree,
    UnreadableError,
    is_scalar,
    negative,
)

_OPERATIONS = frozenset("squared cubed factorial tens choose minus plus times over".split())
"""Words after a value that are no unit of it."""
_REMARKS = frozenset(
    "is isn't are not no wrong incorrect if but maybe except more less fewer than least most between or when where "
    "with then because since which that".split()
)
"""Words that take a value back rather than measure it."""
_PERCENT = frozenset({"percent", "pct", "per cent"})
_CURRENCIES = frozenset({"$", "€", "£", "¥", "₹"})


def measured(reader: Reader) -> Tree:
    """A value with the unit or currency around it."""
    token = reader.cursor.tokens[reader.cursor.at]
    if token.kind == "dots":
        reader.cursor.next()
        return Dots()
    currency = ""
    if token.kind == "text" and token.value in _CURRENCIES:
        currency = reader.cursor.next().value
    elif token.value == "-" and reader.cursor.tokens[reader.cursor.at + 1].value in _CURRENCIES:
        reader.cursor.next()
        currency = reader.cursor.next().value
        return Quantity(negative(reader.expression(0)), currency)
    tree = reader.expression(0)
    unit = _unit(reader)
    if isinstance(tree, Apply) and (marked := _marked(tree, unit)):
        return marked
    if not (unit or currency):
        return tree
    if sign := sign_after(unit):
        return bounded(sign, tree)
    if not _REMARKS.isdisjoint(re.findall(r"[\w']+", unit.lower())):
        raise UnreadableError("a remark after a value")
    if not is_scalar(tree):
        if isinstance(tree, Ratio):
            raise UnreadableError("words after a ratio")
        return tree
    return _multiplied(reader, tree, unit, currency)


def _multiplied(reader: Reader, tree: Tree, unit: str, currency: str) -> Tree:
    """The value times the counting words before its unit."""
    if unit.partition(" ")[0].lower() in _OPERATIONS:
        raise UnreadableError("an operation in words")
    while unit and (factor := units.multiplier(unit.split(maxsplit=1)[0])):
        unit = unit.partition(" ")[2]
        tree = Apply("mul", (tree, Num(factor)))
    if not (unit or currency):
        return tree
    if unit.lower() in _PERCENT:
        unit = "%"
    return _compound(reader, Quantity(tree, unit or currency))


def _compound(reader: Reader, first: Quantity) -> Tree:
    """A value in two units, as in `5 hours 30 minutes`: the sum in the first of them."""
    if reader.cursor.peek().kind != "num" or units.measure(first.unit) is None:
        return first
    second = measured(reader)
    whole = compound(first, second) if isinstance(second, Quantity) else None
    if whole is None:
        raise UnreadableError("two values side by side")
    return whole


def compound(first: Quantity, second: Quantity) -> Quantity | None:
    """The sum of two measures in the unit of the first; None where the second is no smaller unit of the same kind."""
    size, rest = units.measure(first.unit), units.measure(second.unit)
    if size is None or rest is None or rest[0] != size[0] or rest[1] >= size[1]:
        return None
    part = Apply("mul", (second.value, Num(Fraction(rest[1]) / Fraction(size[1]))))
    return Quantity(Apply("add", (first.value, part)), first.unit)


def _marked(tree: Apply, unit: str) -> Quantity | None:
    """A value with a degree or percent sign, which bind like postfixes."""
    if tree.op in {"deg", "percent"}:
        return Quantity(tree.args[0], "%" if tree.op == "percent" else _degrees(unit))
    if tree.op == "neg" and isinstance(inner := tree.args[0], Apply) and inner.op == "deg":
        return Quantity(negative(inner.args[0]), _degrees(unit))
    return None


def _unit(reader: Reader) -> str:
    """The words after a value, with their powers and slashes: `km/h`, `cm^2`, `apples`."""
    words: list[str] = []
    if reader.cursor.tokens[reader.cursor.at].kind != "text":
        return ""
    while True:
        token = reader.cursor.peek()
        after = reader.cursor.tokens[min(reader.cursor.at + 1, len(reader.cursor.tokens) - 1)]
        if token.kind == "text":
            words.append(reader.cursor.next().value.strip())
        elif words and token.value in {"/", "*"} and token.kind == "op" and after.kind in {"text", "name"}:
            reader.cursor.next()
            words.append(token.value + reader.cursor.next().value)
        elif token.value == "-" and after.kind == "text" and units.lookup(after.value) and units.lookup(words[-1]):
            reader.cursor.next()
            words.append("*" + reader.cursor.next().value)
        elif words and token.kind == "name" and units.lookup(token.value):
            words.append(reader.cursor.next().value)
        elif words and token.kind == "pow":
            reader.cursor.next()
            words[-1] += f"^{reader.cursor.raw_argument()}"
        else:
            return " ".join(words)


def _degrees(unit: str) -> str:
    """The unit that a degree sign makes of the letter after it."""
    return {"C": "celsius", "F": "fahrenheit", "Celsius": "celsius", "Fahrenheit": "fahrenheit"}.get(unit, "deg")

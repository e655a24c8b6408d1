"""What stands raised after a base: powers, degrees, transposes."""

from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.matrices import combine, transposed
from distill.verifiers.math_answer.reading.tokens import Token
from distill.verifiers.math_answer.tree import Apply, Items, Matrix, Tree, UnreadableError, negative

_TRANSPOSED = frozenset({"T", "t", "top", "intercal"})


_MAX_FLOORS = 12
"""Of a tower of powers; no value of that many can be worked out."""


def raised(reader: Reader, base: Tree, num_floors: int = 1) -> Tree:
    """The base with the exponent ahead, after its caret."""
    if num_floors > _MAX_FLOORS:
        raise UnreadableError("a tower of powers that high")
    cursor = reader.cursor
    if cursor.peek().value == "-":
        cursor.next()
        return combine("pow", base, negative(reader.power()))
    start = cursor.at
    is_group = cursor.take("open", "group")
    if is_group and cursor.take("text", "deg") and cursor.take("close", "group"):
        return in_degrees(reader, base)
    if (
        isinstance(base, Matrix | Items)
        and cursor.next().value in _TRANSPOSED
        and (not is_group or cursor.take("close", "group"))
    ):
        return transposed(base) if isinstance(base, Matrix) else base
    cursor.at = start
    if is_group:
        return combine("pow", base, reader.group())
    exponent = reader.primary()
    if cursor.take("pow"):
        exponent = raised(reader, exponent, num_floors + 1)
    return combine("pow", base, exponent)


def in_degrees(reader: Reader, base: Tree) -> Tree:
    """A value before a degree sign; a C or F after it is the scale, no variable."""
    scale = reader.cursor.peek()
    if scale.kind == "name" and scale.value in {"C", "F"}:
        reader.cursor.tokens[reader.cursor.at] = Token("text", scale.value)
    return Apply("deg", (base,))

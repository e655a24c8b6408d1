"""Matrices: how they are read, and their arithmetic, so that unevaluated sums and products of matrices compare."""

from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.reading.tokens import END
from distill.verifiers.math_answer.tree import (
    Apply,
    Based,
    Items,
    Matrix,
    Num,
    Phrase,
    Relation,
    Tree,
    UnreadableError,
    Var,
    is_scalar,
    negative,
)

_MAX_CELLS = 2500
_OPPOSITES = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}
_OTHERWISE = frozenset({"otherwise", "else", "elsewhere", "其他"})
_CONDITION_WORDS = frozenset({"if", "for", "when", "当", "若"})


def environment(reader: Reader, name: str) -> Tree:
    """What stands in a matrix, array or cases environment: a matrix, its determinant, a list of cases."""
    if not (name.rstrip("*").endswith("matrix") or name in {"array", "cases", "dcases"}):
        raise UnreadableError(f"environment {name!r}")
    if name == "array" and reader.cursor.peek().value == "group":
        reader.cursor.raw_argument()
    rows: list[list[Tree]] = [[]]
    while not reader.cursor.take("end"):
        if reader.cursor.take("row"):
            rows.append([])
        elif not (reader.cursor.take("cell") or _skips_condition_word(reader)):
            rows[-1].append(reader.sequence(("row", "cell", "end")))
        if reader.cursor.peek() is END:
            raise UnreadableError("a matrix is not closed")
    rows = [row for row in rows if row]
    if name.endswith("cases"):
        rows = _completed(rows)
        return Items("list", tuple(row[0] if len(row) == 1 else Items("(", tuple(row)) for row in rows))
    if not rows or len({len(row) for row in rows}) != 1:
        raise UnreadableError("rows of different lengths")
    grid = Matrix(tuple(tuple(row) for row in rows))
    return Apply("det", (grid,)) if name == "vmatrix" else grid


def _completed(rows: list[list[Tree]]) -> list[list[Tree]]:
    """Two cases with the condition of the second, where it is "otherwise", put as the opposite of the first."""
    match rows:
        case [[_, Relation(terms=terms, signs=(sign,))], [value, Phrase(words=words) | Var(name=words)]] if (
            sign in _OPPOSITES and words.strip("'").lower() in _OTHERWISE
        ):
            return [rows[0], [value, Relation(terms, (_OPPOSITES[sign],))]]
        case _:
            return rows


def _skips_condition_word(reader: Reader) -> bool:
    """Whether the `if` of a piecewise function was taken."""
    token = reader.cursor.peek()
    is_taken = token.kind == "text" and token.value.strip(" ,").lower() in _CONDITION_WORDS
    reader.cursor.at += is_taken
    return is_taken


def combine(op: str, *args: Tree) -> Tree:
    """`Apply(op, args)`, worked out where a matrix is involved.

    Raises:
        UnreadableError: The operation is not defined on these, or not covered.
    """
    if all(map(is_scalar, args)):
        return negative(args[0]) if op == "neg" else Apply(op, args)
    match op, args:
        case "neg", (Based(value=value, base=base),):
            return Based(-value, base)
        case "neg", (Matrix() as matrix,):
            return _map(matrix, "neg")
        case "add", (Matrix() as left, Matrix() as right) if _size(left) == _size(right):
            return Matrix(
                tuple(
                    tuple(Apply("add", (a, b)) for a, b in zip(r, s, strict=True))
                    for r, s in zip(left.rows, right.rows, strict=True)
                )
            )
        case "mul", (Matrix() as left, Matrix() as right) if _size(left)[1] == _size(right)[0]:
            return _product(left, right)
        case "mul", (Matrix() as matrix, factor) | (factor, Matrix() as matrix) if is_scalar(factor):
            return _map(matrix, "mul", factor)
        case "div", (Matrix() as matrix, divisor) if is_scalar(divisor):
            return _map(matrix, "div", divisor)
        case _:
            raise UnreadableError(f"{op} of other things than numbers")


def transposed(matrix: Matrix) -> Matrix:
    """Its columns as rows."""
    return Matrix(tuple(zip(*matrix.rows, strict=True)))


def _size(matrix: Matrix) -> tuple[int, int]:
    return len(matrix.rows), len(matrix.rows[0])


def _map(matrix: Matrix, op: str, *rest: Tree) -> Matrix:
    return Matrix(tuple(tuple(Apply(op, (cell, *rest)) for cell in row) for row in matrix.rows))


def _product(left: Matrix, right: Matrix) -> Matrix:
    if len(left.rows) * len(right.rows) * len(right.rows[0]) > _MAX_CELLS:
        raise UnreadableError("a product of matrices that large")
    columns = list(zip(*right.rows, strict=True))
    return Matrix(tuple(tuple(_dot(row, column) for column in columns) for row in left.rows))


def _dot(row: tuple[Tree, ...], column: tuple[Tree, ...]) -> Tree:
    total: Tree = Num(0)
    for a, b in zip(row, column, strict=True):
        total = Apply("add", (total, Apply("mul", (a, b))))
    return total

"""Arithmetic on matrices of trees, so that unevaluated sums and products of matrices compare."""

from distill.verifiers.math_answer.tree import Apply, Based, Matrix, Num, Tree, UnreadableError, is_scalar, negative

_MAX_CELLS = 2500


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
        case "add", (Matrix() as left, Matrix() as right) if _shape(left) == _shape(right):
            return Matrix(
                tuple(
                    tuple(Apply("add", (a, b)) for a, b in zip(r, s, strict=True))
                    for r, s in zip(left.rows, right.rows, strict=True)
                )
            )
        case "mul", (Matrix() as left, Matrix() as right) if _shape(left)[1] == _shape(right)[0]:
            return _product(left, right)
        case "mul", (Matrix() as matrix, factor) | (factor, Matrix() as matrix) if is_scalar(factor):
            return _map(matrix, "mul", factor)
        case "div", (Matrix() as matrix, divisor) if is_scalar(divisor):
            return _map(matrix, "div", divisor)
        case _:
            raise UnreadableError(f"{op} of other things than numbers")


def _shape(matrix: Matrix) -> tuple[int, int]:
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

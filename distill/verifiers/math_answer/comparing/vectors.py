"""Vectors written as sums of the unit vectors i, j, k."""

from distill.verifiers.math_answer.numbers import constants, expressions, scalars
from distill.verifiers.math_answer.tree import Apply, Const, Items, Matrix, Num, Tree, Var, is_scalar, mapped, variables

_UNITS = ("i", "j", "k")


def components(tree: Tree, num: int) -> Tree:
    """`3i - 2j + k` as a tuple of `num` components; any other tree as it is."""
    if num not in {2, 3} or not is_scalar(tree):
        return tree
    tree = _with_named_i(tree)
    names = constants.facts(tree).names
    if not names or not names <= set(_UNITS[:num]):
        return tree
    parts = [expressions.substituted(tree, {unit: Num(int(unit == axis)) for unit in _UNITS}) for axis in _UNITS[:num]]
    total: Tree = Num(0)
    for part, axis in zip(parts, _UNITS[:num], strict=True):
        total = Apply("add", (total, Apply("mul", (part, Var(axis)))))
    return Items("(", tuple(parts)) if scalars.same_scalar(tree, total) else tree


def _with_named_i(tree: Tree) -> Tree:
    """The scalar with the imaginary unit read as the first unit vector, beside another one."""
    return mapped(tree, _as_unit_vector) if variables(tree) & {"j", "k"} else tree


def _as_unit_vector(node: Tree) -> Tree:
    return Var("i") if node == Const("i") else node


def num_components(tree: Tree) -> int:
    """How many components a tuple or a column has; 0 for anything else."""
    match tree:
        case Items(kind="(", items=items):
            return len(items)
        case Matrix(rows=rows) if 1 in {len(rows), len(rows[0])}:
            return max(len(rows), len(rows[0]))
        case _:
            return 0

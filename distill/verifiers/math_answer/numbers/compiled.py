"""Scalar trees as functions in double precision, for those that are evaluated at many points."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from distill.verifiers.math_answer.numbers.arithmetic import CannotEvaluateError
from distill.verifiers.math_answer.numbers.evaluate import evaluate, exponent_of
from distill.verifiers.math_answer.numbers.floats import FLOATS
from distill.verifiers.math_answer.tree import Apply, Num, Tree, variables

Function = Callable[[Mapping[str, complex]], complex]


@lru_cache(maxsize=1024)
def compiled(tree: Tree) -> Function:
    """The tree as a function of its variables' values; it gives and raises what `evaluate` does."""
    if not (isinstance(tree, Apply) and variables(tree)) or tree.op in {"sum", "prod"}:
        return _whole(tree)
    op, apply, power = tree.op, FLOATS.apply, FLOATS.power
    if op == "pow":
        exact = exponent_of(tree.args[1])
        base, exponent = compiled(tree.args[0]), compiled(tree.args[1] if exact is None else Num(exact))
        return lambda env: power(base(env), exponent(env), exact)
    match [compiled(arg) for arg in tree.args]:
        case [only]:
            return lambda env: apply(op, (only(env),))
        case [left, right]:
            return lambda env: apply(op, (left(env), right(env)))
        case parts:
            return lambda env: apply(op, [part(env) for part in parts])


def _whole(tree: Tree) -> Function:
    """What is not taken apart: its value where that is one for all, as of a constant."""
    try:
        value = evaluate(tree, FLOATS, {})
    except CannotEvaluateError:
        return lambda env: evaluate(tree, FLOATS, env)
    return lambda _: value

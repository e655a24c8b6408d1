"""Values of scalar trees in any arithmetic; every sum is bounded before it is computed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Generic

from distill.verifiers.math_answer.numbers.arithmetic import (
    MAX_TERMS,
    Arithmetic,
    CannotEvaluateError,
    TooLargeError,
    V,
)
from distill.verifiers.math_answer.numbers.exact import EXACT, Exact
from distill.verifiers.math_answer.tree import Apply, Const, Num, Rational, Tree, Var, rational


def evaluate(tree: Tree, arithmetic: Arithmetic[V], env: Mapping[str, V], budget: list[int] | None = None) -> V:
    """The value of a scalar tree at `env`.

    Raises:
        CannotEvaluateError: It has none here.
    """
    if isinstance(tree, Num):
        return arithmetic.number(tree.value)
    if isinstance(tree, Var):
        try:
            return env[tree.name]
        except KeyError:
            raise CannotEvaluateError(f"{tree.name} is unknown") from None
    if isinstance(tree, Const):
        return arithmetic.constant(tree.name)
    if not isinstance(tree, Apply):
        raise CannotEvaluateError("not a number")
    op, args = tree.op, tree.args
    if op == "pow":
        exact = args[1].value if isinstance(args[1], Num) else exponent_of(args[1])
        if exact is None and isinstance(arithmetic, Exact):
            raise CannotEvaluateError("an exponent without an exact value")
        exponent = arithmetic.number(exact) if exact is not None else evaluate(args[1], arithmetic, env, budget)
        return arithmetic.power(evaluate(args[0], arithmetic, env, budget), exponent, exact)
    if op in {"sum", "prod"}:
        return _big(tree, _Scope(arithmetic, env, [MAX_TERMS] if budget is None else budget))
    return arithmetic.apply(op, [evaluate(arg, arithmetic, env, budget) for arg in args])


@lru_cache(maxsize=8192)
def exponent_of(tree: Tree) -> Rational | None:
    """The exact value of an exponent; remembered, since each floor of a tower of powers asks for all above it."""
    if (value := rational(tree)) is not None or isinstance(tree, Var | Const):
        return value
    try:
        return evaluate(tree, EXACT, {})
    except CannotEvaluateError:
        return None


class _Scope(Generic[V]):
    """Where a sum is evaluated, and how many terms are left to all sums around it."""

    def __init__(self, arithmetic: Arithmetic[V], env: Mapping[str, V], budget: list[int]) -> None:
        self.arithmetic, self.env, self.budget = arithmetic, env, budget


def _big(tree: Apply, scope: _Scope[V]) -> V:
    op, (body, index_, low, high) = tree.op, tree.args
    first, last = evaluate(low, EXACT, {}), evaluate(high, EXACT, {})
    name = index_.name if isinstance(index_, Var) else ""
    if not (isinstance(first, int) and isinstance(last, int)):
        raise CannotEvaluateError("a range of another kind")
    scope.budget[0] -= max(0, last - first + 1)
    if scope.budget[0] < 0:
        raise TooLargeError("a sum of too many terms")
    arithmetic = scope.arithmetic
    total = arithmetic.number(0 if op == "sum" else 1)
    for index in range(first, last + 1):
        term = evaluate(body, arithmetic, {**scope.env, name: arithmetic.number(index)}, scope.budget)
        total = arithmetic.apply("add" if op == "sum" else "mul", (total, term))
    return total

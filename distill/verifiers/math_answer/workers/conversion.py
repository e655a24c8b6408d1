"""Our trees as sympy expressions."""

from collections.abc import Callable

import sympy
from sympy import Basic, Expr

from distill.verifiers.math_answer.tree import Apply, Const, Matrix, Num, Tree, Var

_SAME_NAMES = ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth")
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "inf": sympy.oo}
_FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "add": sympy.Add, "mul": sympy.Mul, "neg": lambda a: -a, "div": lambda a, b: a / b, "pow": sympy.Pow,
    "sqrt": sympy.sqrt, "root": sympy.real_root, "abs": sympy.Abs, "factorial": sympy.factorial,
    "binom": sympy.binomial, "floor": sympy.floor, "ceil": sympy.ceiling, "max": sympy.Max, "min": sympy.Min,
    "ln": sympy.log, "log": lambda a, b=10: sympy.log(a, b), "log10": lambda a: sympy.log(a, 10), "exp": sympy.exp,
    "percent": lambda a: a / 100, "deg": lambda a: a * sympy.pi / 180, "mod": sympy.Mod,
    "sum": lambda body, k, low, high: sympy.Sum(body, (k, low, high)),
    "prod": lambda body, k, low, high: sympy.Product(body, (k, low, high)),
    **{name: getattr(sympy, name) for name in _SAME_NAMES},
    **{"arc" + name: getattr(sympy, "a" + name) for name in ("sin", "cos", "tan", "cot", "sinh", "cosh", "tanh")},
}  # fmt: skip


def converted(tree: Tree, *, is_real: bool = False) -> Basic:
    """Our tree as a sympy expression, its variables real where `is_real`.

    Raises:
        KeyError: It is no expression, or has an operation without a counterpart.
    """
    match tree:
        case Num(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Var(name=name):
            return sympy.Symbol(name, real=is_real or None)
        case Const(name=name):
            return _CONSTANTS[name]
        case Apply(op="det", args=(Matrix(rows=rows),)):
            return sympy.Matrix([[converted(cell, is_real=is_real) for cell in row] for row in rows]).det()
        case Apply(op=op, args=args):
            return _FUNCTIONS[op](*(converted(arg, is_real=is_real) for arg in args))
        case _:
            raise KeyError(type(tree).__name__)

"""Tier 2: sympy, on trees that latex2sympy's grammar makes, for what our own grammar or evaluation leaves open.

Slow, and unbounded in time and memory: it runs in killable workers only. Strings never reach sympy's own parsers,
which evaluate them as Python.
"""

import logging
import re
from collections.abc import Callable

import sympy
from latex2sympy2_extended import NormalizationConfig, latex2sympy, normalize_latex
from math_verify import verify
from sympy import Basic, Expr, MatrixBase, nan, simplify, zoo

from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.reading.tokens import clean
from distill.verifiers.math_answer.tree import Apply, Const, Num, Tree, UnreadableError, Var

_WARM = (r"\frac{1}{2}+x^2", r"\sqrt{3}\pi", r"\int_0^1 x^2 dx", r"\{1,2\}", r"(-\infty,3]\cup[4,5)",
         r"x=\frac{-b}{2a}",
         r"\sin(x)\cos(y)", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\lim_{x\to 0}\frac{\sin x}{x}",
         r"2x+3y<5")  # fmt: skip


def warm() -> None:
    """Load the grammar's tables, which take most of the first parses."""
    logging.disable(logging.WARNING)
    for text in _WARM:
        read(text)


def read(text: str) -> Basic | None:
    """A sympy object, from our tree where we have one; None where no grammar covers the text."""
    try:
        return _converted(parse(text))
    except (UnreadableError, KeyError):
        pass
    if _DROPPED.search(text):
        return None
    try:
        tree = latex2sympy(normalize_latex(clean(text), NormalizationConfig()))
    except Exception:  # noqa: BLE001 - the parser raises what it likes on text it cannot read
        return None
    return tree if isinstance(tree, Basic | MatrixBase) else None


_DROPPED = re.compile(r"\\[lcv]?dots|\.\.\.|…|'|\\prime")
"""What latex2sympy passes over in silence, though it has a meaning."""
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


def _converted(tree: Tree) -> Basic:
    """Our tree as a sympy expression.

    Raises:
        KeyError: It is no expression, or has an operation without a counterpart.
    """
    match tree:
        case Num(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Var(name=name):
            return sympy.Symbol(name)
        case Const(name=name):
            return _CONSTANTS[name]
        case Apply(op=op, args=args):
            return _FUNCTIONS[op](*(_converted(arg) for arg in args))
        case _:
            raise KeyError(type(tree).__name__)


def same_by_sympy(reference: str, answer: str, *, is_reference_read: bool = False) -> bool | None:
    """Whether both are the same to sympy; a pass needs agreement in both directions.

    None where the reference cannot be read. An answer that cannot be read by any grammar is not equal to a reference
    that can, be it by ours alone (`is_reference_read`).
    """
    ref, given = read(reference), read(answer)
    if given is None:
        return False if is_reference_read or ref is not None else None
    if ref is None:
        return None
    if isinstance(ref, Expr) and isinstance(given, Expr):
        return _same_expressions(ref, given)
    if "text" in reference + answer or ref.free_symbols != given.free_symbols:
        return False
    options = {"float_rounding": 12, "numeric_precision": 30, "strict": True, "timeout_seconds": None}
    return bool(verify(ref, given, **options)) and bool(verify(given, ref, **options))


def _same_expressions(ref: Expr, given: Expr) -> bool | None:
    """By simplifying the difference, which proves equality; a value apart from zero disproves it."""
    if ref.free_symbols != given.free_symbols:
        return False
    difference = simplify((ref - given).doit())
    if difference.is_zero or difference == 0:
        return True
    if difference in {nan, zoo}:
        return None
    if not difference.free_symbols and difference.is_number:
        return bool(difference.equals(0))
    return False

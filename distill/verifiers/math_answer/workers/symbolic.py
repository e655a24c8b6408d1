"""Tier 2: sympy, on trees that latex2sympy's grammar makes, for what our own grammar or evaluation leaves open.

Slow, and unbounded in time and memory: it runs in killable workers only. Strings never reach sympy's own parsers,
which evaluate them as Python.
"""

import gc
import logging
import re

from latex2sympy2_extended import NormalizationConfig, latex2sympy, normalize_latex
from math_verify import verify
from sympy import Basic, Expr, MatrixBase, Rational, simplify

from distill.verifiers.math_answer.reading.cleaning import clean
from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Tree, UnreadableError
from distill.verifiers.math_answer.workers.conversion import converted
from distill.verifiers.math_answer.workers.solutions import same_solutions

_WARM = (r"\frac{1}{2}+x^2", r"\sqrt{3}\pi", r"\int_0^1 x^2 dx", r"\{1,2\}", r"(-\infty,3]\cup[4,5)",
         r"x=\frac{-b}{2a}",
         r"\sin(x)\cos(y)", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\lim_{x\to 0}\frac{\sin x}{x}",
         r"2x+3y<5")  # fmt: skip

_WARM_PAIRS = (
    (r"\int_0^2 x^3 dx", "4"), (r"\zeta(3)", r"\pi^3/25"), ("|x|<3", "x^2<9"), (r"\lim_{x\to 0}\frac{\tan x}{x}", "1"),
    ("2 3", "6"), (r"(-\infty,1)\cup(2,\infty)", r"(-\infty,1)\cupdot(3,\infty)"),
)  # fmt: skip


def warm() -> None:
    """Load the grammar's tables and what sympy loads late, which take most of the first parses and proofs."""
    logging.disable(logging.WARNING)
    for text in _WARM:
        read(text)
    for reference, answer in _WARM_PAIRS:
        same_by_sympy(reference, answer)
    gc.freeze()  # what is loaded stays; the collector would walk it again and again, within a decision


def read(text: str) -> Basic | None:
    """A sympy object, from our tree where we have one; None where no grammar covers the text, or ours no expression."""
    tree = _parsed(text)
    if tree is not None:
        try:
            return converted(tree)
        except KeyError:
            return None
    if _DROPPED.search(text) or _WORDS.search(text):
        return None
    try:
        read_ = latex2sympy(normalize_latex(clean(text), NormalizationConfig()))
    except Exception:  # noqa: BLE001 - the parser raises what it likes on text it cannot read
        return None
    return read_ if isinstance(read_, Basic | MatrixBase) else None


def _parsed(text: str) -> Tree | None:
    try:
        return parse(text)
    except UnreadableError:
        return None


_DROPPED = re.compile(r"\d\s*+_|(?<!sqrt)\[|[=\n]|\\[lcv]?dots|\.\.\.|…|'|\\prime")
"""What latex2sympy passes over in silence, though it has a meaning."""
_WORDS = re.compile(r"\\text|(?<![\\a-zA-Z{])[a-zA-Z]{3}")
"""What it reads as products of letters."""


def same_by_sympy(reference: str, answer: str) -> bool | None:
    """Whether both are the same to sympy; None where it can neither prove nor disprove it.

    A pass needs a difference that simplifies to zero, or agreement both ways; a fail needs a point where they differ.
    """
    ref, given = read(reference), read(answer)
    if ref is None or given is None:
        trees = _parsed(reference), _parsed(answer)
        return same_solutions(trees[0], trees[1]) if trees[0] is not None and trees[1] is not None else None
    if isinstance(ref, Expr) and isinstance(given, Expr):
        return _same_expressions(ref, given)
    if ref.free_symbols != given.free_symbols:
        return None
    options = {"float_rounding": 12, "numeric_precision": 30, "strict": True, "timeout_seconds": None}
    return True if verify(ref, given, **options) and verify(given, ref, **options) else None


def _same_expressions(ref: Expr, given: Expr) -> bool | None:
    """By simplifying the difference, which proves equality; a value apart from zero disproves it."""
    difference = simplify((ref - given).doit())
    if difference.is_zero or difference == 0:
        return True
    return False if any(_is_apart_from_zero(difference, place) for place in _PLACES) else None


_PLACES = (Rational(137, 100), Rational(611, 1000), Rational(23, 7))


def _is_apart_from_zero(difference: Expr, place: Rational) -> bool:
    """Whether it has a value there, by 30 digits, that no rounding explains."""
    names = sorted(difference.free_symbols, key=str)
    value = difference.subs({name: place + index for index, name in enumerate(names)}).evalf(_DIGITS)
    return bool(value.is_number and value.is_finite and value.is_comparable and abs(value) > _ROUNDING)


_DIGITS = 30
_ROUNDING = Rational(1, 10**15)

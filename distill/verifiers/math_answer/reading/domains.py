"""Sets of numbers by a letter with its marks, or in words: positive, with zero, without some values."""

import re

from distill.verifiers.math_answer.reading.cursor import Reader
from distill.verifiers.math_answer.tree import Const, Interval, Items, Num, SetOp, Tree, negative

_POSITIVE = frozenset({"+", ">0", "*+", "+*", "++"})
_WITH_ZERO = frozenset({">=0", "0+", "+0"})
_POSITIVE_INTEGERS, _WHOLE_NUMBERS = SetOp("Z>0"), SetOp("Z>=0")
_SPELLED = re.compile(
    r"(?i)(?:(?:all|any|the|set of) ){0,3}(?:(positive|negative|non-?negative|non-?zero) )?"
    r"(real numbers?|reals|integers?|rational numbers?|natural numbers?)(?: [a-z])?"
    r"(?:,? (?:except(?: for)?|other than|excluding|but not) (?:[a-z] ?= ?)?(\S.{0,200}))?"
)
_LETTERS = {"re": "R", "in": "Z", "ra": "Q", "na": "N"}
_INTEGERS = {
    **{("Z", mark): _POSITIVE_INTEGERS for mark in (*_POSITIVE, ">=1")},
    **{("N", mark): _POSITIVE_INTEGERS for mark in (*_POSITIVE, ">=1", "*")},
    **{(letter, mark): _WHOLE_NUMBERS for letter in "ZN" for mark in _WITH_ZERO},
    ("N", "0"): _WHOLE_NUMBERS,
}


def domain(reader: Reader, name: str) -> Tree:
    r"""The set that a letter with its marks names: `\mathbb{R}_{>0}` is an interval, `\mathbb{Z}^+` its own set."""
    marks = ""
    while reader.cursor.peek().kind in {"sub", "pow"}:
        reader.cursor.next()
        marks += reader.cursor.raw_argument()
    return marked(name, marks)


def marked(name: str, marks: str) -> Tree:
    """The set of a letter with these marks."""
    if not marks:
        return SetOp(name)
    if name == "R" and marks in _POSITIVE | _WITH_ZERO:
        return Interval(Num(0), Const("inf"), marks in _WITH_ZERO, is_high_closed=False)
    if name == "R" and marks in {"-", "<0", "<=0"}:
        return Interval(negative(Const("inf")), Num(0), is_low_closed=False, is_high_closed=marks == "<=0")
    if name in {"R", "Q", "C", "Z"} and marks in {"*", "!=0"}:
        return SetOp("minus", (SetOp(name), Items("set", (Num(0),))))
    return _INTEGERS.get((name, marks), SetOp(f"{name} {marks}"))


def spelled_domain(text: str) -> tuple[Tree, str] | None:
    """The set that words name, and the text of what is taken out of it; None for other words, and for plain names.

    >>> spelled_domain("all real numbers except 2 and 3")
    (SetOp(op='R', args=()), '2 and 3')
    """
    match = _SPELLED.fullmatch(text)
    if match is None or not (match[1] or match[3]):
        return None
    letter, sign = _LETTERS[match[2][:2].lower()], (match[1] or "").lower().replace("-", "")
    mark = {"positive": ">0", "nonnegative": ">=0", "negative": "<0", "nonzero": "*", "": ""}[sign]
    return marked(letter, mark), match[3] or ""

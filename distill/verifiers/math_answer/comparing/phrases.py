"""Answers in words: the same, other words, or open where they have something in common."""

import re
from fractions import Fraction

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.tree import Num, Phrase, Ratio, SetOp, Tree, is_scalar

_NUMBER = re.compile(r"\d++(?:\.\d++)?+(?:/\d++)?+")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?+\s?([ap])m")
_RANGE = re.compile(r"[(\[][^()\[\]]{1,120}[)\]]")
_DENIALS = frozenset(
    "not no never neither nor cannot wrong incorrect isnt arent doesnt false except 不 非 不是 错".split()
)
_BOUNDS = frozenset(
    "least most than more less fewer over under above below between exceeds up or either 至少 至多".split()
)
"""Beside a number they say that the answer is another one, or one of several."""
_ALTERNATIVES = frozenset({"or", "either", "或", "或者"})
_OPPOSITES = tuple(
    frozenset(pair.split())
    for pair in (
        "up down", "even odd", "increasing decreasing", "increases decreases", "increase decrease", "left right",
        "positive negative", "convergent divergent", "converges diverges", "maximum minimum", "max min",
        "rational irrational", "infinite finite", "continuous discontinuous", "before after",
        "parallel perpendicular", "true false", "yes no", "first last", "inside outside",
        "clockwise counterclockwise", "north south", "east west", "concave convex", "injective surjective",
        "prime composite", "acute obtuse", "larger smaller", "greater less", "open closed",
    )
)  # fmt: skip
"""Words that exclude each other where all else is the same."""


def same_phrases(ref: Tree, pred: Tree) -> bool | None:
    """Whether two answers, at least one of them in words, say the same; None where they share a word or number."""
    empties = [t == SetOp("empty") or (isinstance(t, Phrase) and wording.names_nothing(t.words)) for t in (ref, pred)]
    if all(empties):
        return True
    clocks = _clock(ref), _clock(pred)
    if clocks[0] and clocks[1]:
        return _same_time(clocks[0], clocks[1])
    match ref, pred:
        case Phrase(words=words), Phrase(words=others):
            return words == others or (None if _may_agree(words, others) else False)
        case (Phrase(words=words), value) | (value, Phrase(words=words)):
            return None if _may_give(words, value) else False
        case _:
            return None


def _may_agree(words: str, others: str) -> bool:
    """Whether two answers may say the same: not if they are short and share nothing, or differ in a telling word."""
    found = {*words.split()} - wording.FILLERS, {*others.split()} - wording.FILLERS
    numbers = [sorted(_numbers(text)) for text in (words, others)]
    ranges = [_RANGE.findall(text) for text in (words, others)]
    if len(found[0]) > _MAX_WORDS or len(found[1]) > _MAX_WORDS:
        return True
    if len(numbers[0]) == len(numbers[1]) and (numbers[0] != numbers[1] or (numbers[0] and _differ(ranges))):
        return False
    return not _exclude(*({*text.split()} for text in (words, others))) and _is_related(words, others)


_MAX_WORDS = 6
"""Words of an answer that says one thing; longer ones may say the same in other words."""
_MAX_TELLING = 3
"""Words of answers that must share one to be the same."""


def _differ(ranges: list[list[str]]) -> bool:
    return len(ranges[0]) == len(ranges[1]) and ranges[0] != ranges[1]


def _exclude(a: set[str], b: set[str]) -> bool:
    """Whether one denies the other, leaves more open, or says the opposite."""
    if any(pair & a and pair & b and pair & a != pair & b for pair in _OPPOSITES):
        return True
    return any(bool(a & words) != bool(b & words) for words in (_DENIALS, _ALTERNATIVES))


def _is_related(words: str, others: str) -> bool:
    is_long = max(len(words.split()), len(others.split())) > _MAX_TELLING
    both_deny = not (_DENIALS.isdisjoint(words.split()) or _DENIALS.isdisjoint(others.split()))
    return is_long or both_deny or wording.share(words, others) or bool(_numbers(words) and _numbers(others))


def _may_give(words: str, value: Tree) -> bool:
    """Whether words give a value: one of their numbers is it, and they neither deny nor bound it."""
    found = {*words.split()}
    if not is_scalar(value):
        return bool(_numbers(words))
    exact = constants.exact(value)
    if exact is None:
        return bool(_numbers(words))
    return exact in _numbers(words) and found.isdisjoint(_DENIALS | _BOUNDS)


def _numbers(words: str) -> list[Fraction]:
    written = [_value(number) for number in _NUMBER.findall(words)]
    return written + [Fraction(spelled) for word in words.split() if (spelled := wording.spelled(word))]


def _value(number: str) -> Fraction:
    top, _, bottom = number.partition("/")
    return Fraction(top) / Fraction(bottom) if bottom.strip("0.") else Fraction(top)


# -- times of day


def _clock(tree: Tree) -> tuple[int, int, str] | None:
    """Hours, minutes, and `a` or `p` where the half of the day is given."""
    match tree:
        case Ratio(parts=(Num(value=int(hours)), Num(value=int(minutes))), is_clock=True):
            return hours, minutes, ""
        case Phrase(words=words) if match_ := _CLOCK.fullmatch(words):
            return int(match_[1]), int(match_[2] or 0), match_[3]
        case _:
            return None


def _same_time(a: tuple[int, int, str], b: tuple[int, int, str]) -> bool | None:
    """Whether two times of day are the same; open where only one says which half of the day it means."""
    if _minutes(a) == _minutes(b):
        return True
    is_half_open = bool(a[2]) != bool(b[2]) and all(clock[0] <= 12 for clock in (a, b))
    return None if is_half_open and a[0] % 12 == b[0] % 12 and a[1] == b[1] else False


def _minutes(clock: tuple[int, int, str]) -> int:
    hours, minutes, half = clock
    return (hours % 12 + 12 * (half == "p") if half else hours) * 60 + minutes

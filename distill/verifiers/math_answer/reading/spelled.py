"""Numbers in words: `minus five`, `three and a half`, `1 in 6`, `two thirds`, `one hundred and twenty`."""

import re

from distill.verifiers.math_answer import wording
from distill.verifiers.math_answer.tree import Apply, Num, Rational, Tree, negative

_WORDS = re.compile(r"[A-Za-z0-9 ./,-]{3,80}")
_HAS_WORD = re.compile(r"[A-Za-z]{2}")
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
          "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8,
          "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10, "twelfth": 12, "twelfths": 12}  # fmt: skip


def spelled(text: str) -> Tree | None:
    """The number that a text of words, or of words and digits, is as a whole; None for anything else.

    >>> spelled("minus twenty one")
    Num(value=-21, num_digits=0, num_places=0)
    """
    if not _WORDS.fullmatch(text) or not _HAS_WORD.search(text):
        return None
    words = text.lower().replace("-", " ").replace(",", " ").split()
    if words[:1] in (["minus"], ["negative"]):
        tree = _unsigned(words[1:])
        return None if tree is None else negative(tree)
    return _unsigned(words)


def _unsigned(words: list[str]) -> Tree | None:
    """A chance, a mixed number, a fraction or a cardinal number."""
    if words[-2:] == ["per", "cent"] or not words:
        return None
    for joint in (["out", "of"], ["in"]):
        at = _position(words, joint)
        if at > 0:
            top, bottom = _cardinal(words[:at]), _cardinal(words[at + len(joint) :])
            return _quotient(top, bottom) if top is not None and bottom else None
    at = max((index for index, word in enumerate(words) if word == "and"), default=0)
    if at and words[-1] in _PARTS:
        whole, part = _cardinal(words[:at]), _fraction(words[at + 1 :])
        return None if whole is None or part is None else Apply("add", (Num(whole), part))
    cardinal = _cardinal(words)
    return _fraction(words) if cardinal is None else Num(cardinal)


def _position(words: list[str], joint: list[str]) -> int:
    return next((at for at in range(len(words)) if words[at : at + len(joint)] == joint), -1)


def _fraction(words: list[str]) -> Tree | None:
    """`two thirds`, `a half`."""
    if not words or words[-1] not in _PARTS:
        return None
    if len(words) == 1:
        return _quotient(1, 2) if words == ["half"] else None
    top = 1 if words[:-1] == ["a"] else _cardinal(words[:-1])
    return None if top is None else _quotient(top, _PARTS[words[-1]])


def _quotient(top: Rational, bottom: Rational) -> Tree:
    return Apply("div", (Num(top), Num(bottom)))


def _cardinal(words: list[str]) -> int | None:
    """A whole number in words or digits."""
    if not words:
        return None
    if words[0] == "a" and words[1:2] and words[1] in {*_SCALES, "dozen"}:
        words = ["one", *words[1:]]
    if words[-1] == "dozen":
        count = _cardinal(words[:-1])
        return 12 * count if count else None
    total, group, is_any = 0, 0, False
    for at, word in enumerate(words):
        value = _small(word)
        if value is not None:
            if group % 100 and not (value < 10 and group % 100 >= 20 and not group % 10):
                return None
            group += value
        elif word == "hundred" and 0 < group < 100:
            group *= 100
        elif word in _SCALES and 0 < group < 1000 and word != "hundred":
            total, group = total + group * _SCALES[word], 0
        elif word != "and" or not is_any or at == len(words) - 1:
            return None
        is_any = True
    return total + group


def _small(word: str) -> int | None:
    digits = wording.NUMBERS.get(word, word)
    return int(digits) if digits.isdecimal() and len(digits) < 7 else None

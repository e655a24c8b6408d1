r"""Formulas between delimiters: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`; and texts that are nothing but an answer."""

import re
from typing import NamedTuple

from distill.verifiers.math_answer.reading.tokens import FUNCTIONS

_MAX_FORMULA = 800
"""Characters between two delimiters."""
_MAX_WHOLE = 400
"""Characters of a text that may be nothing but an answer."""
_OPENING = re.compile(r"\\\(|\\\[|(?<!\\)\$\$?")
_CLOSING = {r"\(": r"\)", r"\[": r"\]", "$$": "$$", "$": "$"}
_WRAPPED = re.compile(r"\\[A-Za-z]++\s?\{[^{}]*+\}")
_LONE_WORDS = re.compile(r"(?<![\\{a-zA-Z])[A-Za-z]{3,}+\s++[a-z]{2,}+(?![}a-z])")
"""Two words that no command wraps: not the inside of a formula."""


class Passage(NamedTuple):
    """A piece of a text, and its place."""

    start: int
    end: int
    text: str


def formulas(text: str) -> list[Passage]:
    """The formulas of a text without their delimiters; a dollar that stands for money delimits none."""
    found: list[Passage] = []
    at = 0
    while opening := _OPENING.search(text, at):
        closing = _CLOSING[opening[0]]
        end = text.find(closing, opening.end(), opening.end() + _MAX_FORMULA)
        inside = text[opening.end() : end] if end >= 0 else ""
        is_money = closing == "$" and _is_money(inside, text[end + 1 : end + 4])
        if not inside.strip() or is_money or _LONE_WORDS.search(_WRAPPED.sub("", inside)):
            at = opening.end()
            continue
        at = end + len(closing)
        found.append(Passage(opening.start(), at, inside.strip()))
    return found


def _is_money(inside: str, rest: str) -> bool:
    """Whether a dollar stands before a price: the next one does too, or has a space before it."""
    if re.match(r"\s?\.?\d", inside) is None:
        return False
    return re.match(r"\s?\.?\d", rest) is not None or inside[-1] in " (,;:\n"


# -- nothing but an answer

_PROSE = re.compile(r"(?<![\\{a-zA-Z])[A-Za-z]{2,}+(?:\s++[A-Za-z]{2,}+){3}|[.。!?]\s[\sA-Z]|\n\s?\n|\d['’][^\W\d_]")
"""Four words, a second sentence, a paragraph, a number with an ending."""
_MARKUP = re.compile(
    r"\\(?:begin|end)\{\w++\*?\}(?:\{[lcr|]*+\})?|\\(?:text|mbox|textbf|mathrm|textnormal)\s?\{[^{}]*+\}|\\[a-zA-Z]++"
)
_LEADING = re.compile(r"[^\W\d_]{3,}+|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_REMARK = re.compile(r",\s(?!and\b|or\b)[^\W\d_]++['’\s][^\W\d_]")
_SENTENCE = re.compile(r"(?i)\b(?:is|are|therefore|thus|hence|so|the number)\b")
_MAY_LEAD = FUNCTIONS | set(
    "january february march april may june july august september october november december jan feb mar apr jun jul "
    "aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday theta alpha beta "
    "approximately".split()
)
_JOINING = frozenset(
    "and or percent degrees degree pct cm km kg mm meters miles hours minutes seconds dollars units".split()
)
_MAX_WORDS = 5
_MAX_IDEOGRAPHS = 12


def is_bare(text: str) -> bool:
    """Whether a text is nothing but an answer: formulas, a number with its unit, a few words."""
    if len(text) > _MAX_WHOLE or _PROSE.search(text):
        return False
    outside, at = "", 0
    inside = formulas(text)
    for span in [*inside, Passage(len(text), len(text), "")]:
        outside, at = f"{outside}{text[at : span.start]} ", span.end
    outside = _MARKUP.sub(" ", outside)
    words = re.findall(r"[^\W\d_]{2,}+", outside)
    if inside and any(word.lower() not in _JOINING for word in words):
        return False
    if re.search(r"\d", outside) and (len(words) > 2 or _has_words_around(outside)):
        return False
    num_ideographs = len(re.findall(r"[\u4e00-\u9fff]", outside))
    return len(words) <= _MAX_WORDS and num_ideographs <= _MAX_IDEOGRAPHS and not _SENTENCE.search(outside)


def _has_words_around(text: str) -> bool:
    """Whether words stand before the first number, other than in a date or an assignment, or a remark behind it."""
    lead = re.split(r"[=\d]", text, maxsplit=1)[0]
    return any(word.lower() not in _MAY_LEAD for word in _LEADING.findall(lead)) or _REMARK.search(text) is not None

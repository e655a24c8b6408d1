r"""Values within prose: formulas and numbers, and whether a text is nothing but one."""

import re

from distill.verifiers.math_answer.extracting import prose
from distill.verifiers.math_answer.reading.tokens import FUNCTIONS

MAX_WHOLE = 400
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$((?:[^$\\]|\\.)+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.\\^{/\"'])(?<![A-Za-z]\()(?:\\?[$€£¥]\s?)?[-−+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s?/\s?\d+(?!\d|\.\d))?"
    r"(?:\s?(?:%|％|percent\b|pct\b|°|degrees\b))?(?=(?:[ckm]?m[²³]|[cdkm]m|kg|mg|m[lL]|ft|lb)(?![A-Za-z0-9_])|(?![A-Za-z0-9_]))(?![.,]\d)",
)
_UNIT_AFTER = re.compile(r"^\s*\$?\s*(?:\\\)|\\\])?\s*(\\?%|％|percent(?:age)?\b|pct\b|degrees\b|°)", re.IGNORECASE)
_WORDS = re.compile(r"(?<![\\{a-zA-Z])[a-z]{3,}\s+[a-z]{3,}")
_PROSE = re.compile(r"(?<![\\{a-zA-Z])[A-Za-z]{2,}(?:\s+[A-Za-z]{2,}){3,}|[.。!?]\s+[A-Z]|\n\s*\n")


def is_bare(text: str) -> bool:
    """Whether the text is nothing but an answer: formulas, a number with its unit, a few words."""
    if len(text) > MAX_WHOLE or _PROSE.search(text):
        return False
    outside = FORMULA.sub(" ", text)
    outside = re.sub(r"\\(?:begin|end)\{\w+\*?\}(?:\{[lcr|]*\})?", " ", outside)
    outside = re.sub(r"\\(?:text|mbox|textbf|mathrm|textnormal)\s*\{[^{}]*\}|\\[a-zA-Z]+", " ", outside)
    words = re.findall(r"[^\W\d_]{2,}", outside)
    if FORMULA.search(text) and any(word.lower() not in _JOINING for word in words):
        return False
    if re.search(r"\d", outside) and (len(words) > 2 or _leads_with_words(outside)):
        return False
    if len(re.findall(r"[\u4e00-\u9fff]", outside)) > 12:
        return False
    return len(words) <= 5 and not re.search(r"(?i)\b(?:is|are|therefore|thus|hence|so|the number)\b", outside)


def _leads_with_words(text: str) -> bool:
    """Whether words stand before the first number, other than in a date or an assignment."""
    lead = re.match(r"[\s*#>]*([A-Za-z]{3,}|[^\W\d_]*[\u4e00-\u9fff]+)[^=\d]*\d", text)
    return lead is not None and lead[1].lower() not in _MAY_LEAD


_MAY_LEAD = FUNCTIONS | set(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday "
    "theta alpha beta approximately".split()
)
_JOINING = frozenset(
    "and or percent degrees degree pct cm km kg mm meters miles hours minutes seconds dollars units".split()
)


def last_formula_or_number(text: str) -> str:
    """The last formula or number of a text with all that belongs to it; "" where the text does not state it."""
    formula = number = None
    for match in FORMULA.finditer(text):
        formula = match if not _WORDS.search(next(g for g in match.groups() if g)) else formula
    for match in NUMBER.finditer(text):
        number = match
    if formula is None or (number is not None and number.start() >= formula.end()):
        return _whole(text, *number.span()) if number and prose.states(text, *number.span()) else ""
    if not prose.states(text, *formula.span()):
        return ""
    inside = next(g for g in formula.groups() if g)
    return inside + unit_after(text[formula.end() : formula.end() + 24])


_LEFT = re.compile(
    r"(?:(?:(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])|\d[\d.,]*|[-+×*·/÷^−=<>≤≥≠≈∈√π(\[{:|]|(?:sqrt|log|ln|sin|cos|tan)\b)[\s,]*)+$"
)
"""Signs, numbers and single letters directly before a number."""
_RIGHT = re.compile(
    r"(?:\s?\^\s?[\w({]+[)}]?|!(?=\.|$)|\s?[+×*·/÷−-]\s?[A-Za-z(\\√](?![a-z]{2})[\w(]*\)?|[)\]}]"
    r"|\s(?:hundred|thousand|million|billion|dozen)\b)+"
)
_SYMBOL = re.compile(r"[^A-Za-z]*|(?:.*[=,;]\s*)?[A-Za-z](?:_\w|\([a-z]\))?\s*", re.DOTALL)


def _whole(text: str, start: int, end: int) -> str:
    """The number at this place with the formula around it: `14 + m`, not 14; only the value of `n = 14`."""
    left = None if text[start - 1 : start] == "*" else _LEFT.search(text, max(0, start - 80), start)
    before = re.sub(r"^(?:[\s,:*]|[-=>]+\s)+", "", left[0]) if left else ""
    right = _RIGHT.match(text, end)
    value = text[start:end] + (right[0] if right else "")
    named, equals, rest = before.rpartition("=")
    if not re.search(r"[-+×*·/÷^−=<>≤≥≠≈∈√(\[{:]", before) or (
        equals and not rest.strip() and _SYMBOL.fullmatch(named)
    ):
        return value.rstrip(")]}!") if not before else value
    return before + value


def unit_after(rest: str) -> str:
    """The percent or degree sign that a text begins with, as LaTeX."""
    match = _UNIT_AFTER.match(rest)
    return "" if match is None else r"\%" if match[1][0] not in "d°" else r"^\circ"

"""What belongs to a number behind it: a sign, a unit, a count."""

import re

from distill.verifiers.math_answer.units import measure

_SIGN = re.compile(r"\s*+\$?\s*+(?:\\\)|\\\])?\s*+(\\?%|％|percent(?:age)?\b|pct\b|degrees\b|°)", re.IGNORECASE)
_UNIT = re.compile(r"\s?([A-Za-zµμΩ]{1,20}+(?:\s?/\s?[A-Za-z]{1,20}+)?[²³]?|(?:square|cubic|sq) [a-z]{1,20}+)(?!\w)")
_COUNT = re.compile(r"\s(?:hundred|thousand|million|billion|trillion|dozen)\b|\s?[ap]\.?m\b|[百千万亿]++(?![克米瓦])")
_WORDS = frozenset("a as at in h am pm c f t g k d l s".split())
"""Units that are words or letters of prose as well."""
_OPERATION = re.compile(
    r"\s*+(?:to the|squared|cubed|factorial|choose|over \d|divided|multiplied"
    r"|times (?:\d|[a-z]\b|the\b|as\b|that\b|what\b)"
    r"|plus|minus|mod)\b",
    re.IGNORECASE,
)


def suffix(rest: str) -> str:
    """What belongs to a number at the start of the text behind it: a count such as `million`, `pm`, or a known unit."""
    count = _COUNT.match(rest)
    if count:
        return count[0]
    unit = _UNIT.match(rest)
    if unit is None or unit[1].lower() in _WORDS or measure(unit[1]) is None:
        return unit_after(rest)
    return f" {unit[1]}"


def is_operation(rest: str) -> bool:
    """Whether words go on computing behind a number, as in `2 to the power of 5`."""
    return _OPERATION.match(rest) is not None


def unit_after(rest: str) -> str:
    """The percent or degree sign that a text begins with, as LaTeX."""
    match = _SIGN.match(rest)
    return "" if match is None else r"\%" if match[1][0] not in "d°" else r"^\circ"

"""A text as sentences and lines; formulas are never cut."""

import re

from distill.verifiers.math_answer.extracting.formulas import Passage, formulas

_END = re.compile(r"[.!?](?=[\s*\"')”_]|$)[*\"')”_]*+|[。！？]|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|vs|no|eq|ca|[ap]\.m|fig|bzw|z\.b|p\.ex)|^\s{0,3}\d{1,2})$", re.IGNORECASE
)
_ANNOUNCING = re.compile(r"(?:[:：=]|\b(?:is|are|get|gives|have|ist|est|es|é|是|为))[*\s]{0,4}$", re.IGNORECASE)
"""At the end of a line: what it announces stands on the next one."""


def sentences(text: str) -> list[Passage]:
    """The sentences in order, each with its place; a line that announces the next one is joined with it."""
    inside = iter(formulas(text))
    formula = next(inside, None)
    found: list[Passage] = []
    start = 0
    for match in _END.finditer(text):
        while formula is not None and formula.end <= match.start():
            formula = next(inside, None)
        is_cut = formula is not None and formula.start < match.start()
        if is_cut or not _is_end(text, start, match):
            continue
        if text[start : match.end()].strip():
            found.append(Passage(start, match.end(), text[start : match.end()]))
        start = match.end()
    if text[start:].strip():
        found.append(Passage(start, len(text), text[start:]))
    return found


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sign ends the sentence from `start` on: it ends no abbreviation, and no line that announces one."""
    if match[0] == ".":
        return _ABBREVIATION.search(text[max(start, match.start() - 8) : match.start()]) is None
    return match[0] != "\n" or _ANNOUNCING.search(text[max(start, match.end() - 16) : match.end()].rstrip()) is None

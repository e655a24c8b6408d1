"""Answers that a text marks by their form: LaTeX boxes, `<answer>` tags, the `answer` of a JSON object. Pure."""

import re
from typing import NamedTuple

from distill.verifiers.choice.tokens import MARK

_OPENING = re.compile(
    r"\\(?:boxed|fbox)\s{0,3}\{|\\boxed\s{0,3}(?=[A-Za-z0-9])|<answer>"
    r"|[\"'](?:(?:final|correct)[_ ]?)?(?:answer|choice|option|letter|答案)(?:[_ ](?:letter|choice|option))?[\"']"
    r"\s{0,3}:\s{0,3}",
    re.IGNORECASE,
)
_BRACE = re.compile(r"[{}]")
_JSON_VALUE = re.compile(r"\"((?:[^\"\\\n]|\\.){0,300}+)\"|'([^'\n]{0,300}+)'|\[([^\[\]\n]{0,300}+)\]|([^\s,}]{0,40}+)")


class MarkedText(NamedTuple):
    """A text with one character for each marked answer, the answers in their order, and whether the last is cut off."""

    text: str
    contents: list[str]
    is_cut: bool


def marked(text: str) -> MarkedText:
    """Take the marked answers out of a text."""
    text = text.replace(MARK, " ")
    pieces: list[str] = []
    contents: list[str] = []
    at = 0
    while opening := _OPENING.search(text, at):
        pieces.append(text[at : opening.start()])
        span = _content(text, opening)
        if span is None:
            return MarkedText("".join(pieces), contents, is_cut=True)
        start, end, at = span
        contents.append(text[start:end])
        pieces.append(f" {MARK} ")
    return MarkedText("".join([*pieces, text[at:]]), contents, is_cut=False)


def _content(text: str, opening: re.Match[str]) -> tuple[int, int, int] | None:
    """Where the content begins and ends, and where the text goes on; None where it is cut off."""
    start = opening.end()
    if opening[0].endswith("{"):
        return _braced(text, start)
    if opening[0].startswith("\\"):
        return start, start + 1, start + 1
    if opening[0].casefold() == "<answer>":
        end = text.find("</answer>", start)
        return (start, len(text), len(text)) if end < 0 else (start, end, end + len("</answer>"))
    value = _JSON_VALUE.match(text, start)
    assert value is not None  # its last alternative may be empty
    return value.start(value.lastindex or 0), value.end(value.lastindex or 0), value.end()


def _braced(text: str, start: int) -> tuple[int, int, int] | None:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return start, brace.start(), brace.end()
    return None

r"""The boxes of a text: `\boxed{…}`, `\fbox{…}`."""

import re
from typing import NamedTuple

_MAX_UNCLOSED = 200
"""Characters of a box whose brace is missing."""
_MAX_RUN = 64
"""Boxes that are listed together."""
_MAX_LISTED = 4000
"""Characters of one box in such a list."""
_MAX_GAP = 48
"""Characters between two boxes in such a list."""
_CONNECTOR = re.compile(
    r"(?:\\(?:quad|qquad|text|mbox|,|;)|\b(?:and|or|for|part|the|is|are)\b|[和或与、，]|\([a-z0-9]\)"
    r"|\b(?:smaller|larger|greater|lesser|smallest|largest|first|second|third|other|root|solution|value|minimum|maximum)s?\b"
    r"|\b[a-zA-Z](?:_\{?\w{1,8}\}?)?\s?=|\b[a-z]{3,12}\b(?=\s(?:and|or)\b)|[\s$\\()\[\]{}.,;:&+*])*+"
)
_SPLIT = re.compile(r"[.!?]\s+\S|\n[^\S\n]*+\n|\b(?:but|no|not|wait|instead|however|actually)\b", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_WORD = re.compile(r"\\?[\w.,/]+|\S")


class Box(NamedTuple):
    """A box and its place."""

    start: int
    end: int
    content: str
    depth: int = 0
    """Braces that the text leaves open; 0 where the box is closed."""


def last_box(text: str, end: int | None = None, start: int = 0) -> Box | None:
    """The last box that begins in this part of the text."""
    stop = len(text) if end is None else end
    at = text.rfind(r"\boxed", start, stop)
    at = max(at, text.rfind(r"\fbox", max(at, start), stop))
    return None if at < 0 else _box(text, at, stop)


def _box(text: str, start: int, stop: int) -> Box:
    at = start + (6 if text.startswith(r"\boxed", start) else 5)
    while at < len(text) and text[at] == " ":
        at += 1
    if at >= len(text) or text[at] != "{":
        word = _WORD.match(text, at)
        return Box(start, word.end(), word[0].rstrip(".,")) if word else Box(start, at, "")
    depth = 0
    for match in _BRACE.finditer(text, at, stop):
        position = match.start()
        if text[position - 1] == "\\" and text[position - 2] != "\\":
            continue
        depth += 1 if text[position] == "{" else -1
        if depth == 0:
            return Box(start, position + 1, text[at + 1 : position].strip())
    line = text[at + 1 : at + 1 + _MAX_UNCLOSED].split("\n", 1)[0]
    return Box(start, len(text), line.rstrip(" $.").removesuffix("\\]").removesuffix("\\)").rstrip(" $."), depth)


def listed(text: str, last: Box) -> tuple[str, ...]:
    """The contents of the boxes that are listed together with the last one; () where it stands alone."""
    contents, later = [last.content], last.start
    while len(contents) < _MAX_RUN:
        earlier = last_box(text, later, max(0, later - _MAX_LISTED))
        if earlier is None or earlier.depth:
            break
        gap = text[earlier.end : later]
        if len(gap) > _MAX_GAP or _SPLIT.search(gap) or not _CONNECTOR.fullmatch(gap):
            break
        contents.append(earlier.content)
        later = earlier.start
    return tuple(reversed(contents)) if len(set(contents)) > 1 else ()

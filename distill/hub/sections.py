"""Parts of a card that we write, marked, so that a later push tells them from what a maintainer wrote."""

import re
from typing import NamedTuple

_BEGIN, _END = "<!-- distill: begin {} -->", "<!-- distill: end {} -->"
_MARKED = re.compile(r"<!-- distill: (begin|end) ([\w.-]+) -->")
_UNPUSHED = re.compile(r"\bOWNER/[A-Za-z0-9._-]+")


def section(name: str, text: str) -> str:
    """A part of a card between marks that readers do not see.

    >>> print(section("limits", "None."))
    <!-- distill: begin limits -->
    None.
    <!-- distill: end limits -->
    """
    return f"{_BEGIN.format(name)}\n{text.strip()}\n{_END.format(name)}"


def unpushed(name: str) -> str:
    """What stands in a section for the place on the Hub until a push knows it.

    >>> unpushed("sums of 2")
    'OWNER/sums-of-2'
    """
    return f"OWNER/{re.sub(r'[^A-Za-z0-9._-]', '-', name)}"


def addressed(card: str, repo: str) -> str:
    """The card with the name of its repository in our sections; the text between them stays word for word."""
    return "".join(
        part.text if part.name is None else _UNPUSHED.sub(lambda _: repo, part.text) for part in parts_of(card)
    )


class CardPart(NamedTuple):
    """A piece of a card: a section of ours, marks included, or what stands between sections."""

    name: str | None
    """None between sections."""
    text: str


def parts_of(body: str) -> list[CardPart]:
    """Cut a card's body at its marks; the texts of all parts together are the body.

    A mark without its partner is text like any other, as is a second section of the same name.
    """
    parts: list[CardPart] = []
    at, opened = 0, None
    names: set[str] = set()
    for mark in _MARKED.finditer(body):
        if mark[1] == "begin":
            opened = mark
        elif opened is not None and mark[2] == opened[2] and mark[2] not in names:
            parts += [CardPart(None, body[at : opened.start()]), CardPart(mark[2], body[opened.start() : mark.end()])]
            names.add(mark[2])
            at, opened = mark.end(), None
    parts.append(CardPart(None, body[at:]))
    return [part for part in parts if part.text]

"""Parts of a card that we write, marked, so that a later push tells them from what a maintainer wrote."""

_BEGIN, _END = "<!-- distill: begin {} -->", "<!-- distill: end {} -->"


def section(name: str, text: str) -> str:
    """A part of a card between marks that readers do not see.

    >>> print(section("limits", "None."))
    <!-- distill: begin limits -->
    None.
    <!-- distill: end limits -->
    """
    return f"{_BEGIN.format(name)}\n{text.strip()}\n{_END.format(name)}"

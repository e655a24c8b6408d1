"""One training document for the eye: what is prompt, what is trained."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from rich.text import Text

IGNORED = -100
"""Label of a token without loss (PyTorch's cross-entropy)."""


class Span(NamedTuple):
    """Neighbouring tokens with the same mask."""

    text: str
    num_tokens: int
    is_trained: bool


def spans(pieces: Sequence[str], labels: Sequence[int]) -> list[Span]:
    """Join the pieces of tokens whose mask is the same.

    >>> spans(["2", "+2", "=", "4"], [-100, -100, -100, 19])
    [Span(text='2+2=', num_tokens=3, is_trained=False), Span(text='4', num_tokens=1, is_trained=True)]
    """
    found = []
    for is_trained, group in groupby(zip(pieces, labels, strict=True), key=lambda pair: pair[1] != IGNORED):
        texts = [piece for piece, _ in group]
        found.append(Span("".join(texts), len(texts), is_trained))
    return found


def coloured(parts: Sequence[Span], width: int = 1200) -> Text:
    """Prompt dim, trained text green between ⟦ ⟧ so that it reads without colour; long spans lose their middle."""
    text = Text()
    for part in parts:
        shown = part.text if len(part.text) <= width else f"{part.text[: width // 2]} […] {part.text[-width // 2 :]}"
        text.append(f"⟦{shown}⟧" if part.is_trained else shown, style="green" if part.is_trained else "dim")
    return text

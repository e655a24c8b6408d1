"""The characters that a pattern can tell apart, as sets of bits.

A pattern is judged over all of ASCII, one character of each other kind, and the ends of each range that it names. A set
of these is an integer, a bit a character. Two more bits stand where no character does.
"""

import re
from collections.abc import Callable, Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any

EDGE = 1
"""Before the text's first character, or behind its last."""
HOPE = 2
"""Cleared in a condition that one neighbouring character cannot decide."""
_OTHERS = "éßЖ中あ한٣²½\u00a0\u2003\u2028€±，。"
_IN_CLASS = {sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
             sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W"}  # fmt: skip

Code = int
"""An operation, a category or a place, as the standard library's pattern parser names them."""
Argument = Any
"""What an operation comes with: a number, a list, a tree; each has its own form."""
Node = tuple[Code, Argument]


class Alphabet:
    """Which characters each single-character operation takes."""

    def __init__(self, tree: Iterable[Node]) -> None:
        named = {chr(code + step) for code in _codes(tree) for step in (-1, 0, 1) if 0 <= code + step < 0x110000}
        self.characters = sorted({*map(chr, range(128)), *_OTHERS, *named})
        self.every = ((1 << len(self.characters)) - 1) << 2
        self.anything = self.every | EDGE | HOPE

    def mask(self, op: Code, argument: Argument, flags: int) -> int:
        """The characters that an operation on one character takes."""
        if op is sre.LITERAL:
            return self._folded(self._where(lambda c: ord(c) == argument), flags)
        if op is sre.NOT_LITERAL:
            return self.every & ~self.mask(sre.LITERAL, argument, flags)
        if op is sre.ANY:
            return self.every if flags & re.DOTALL else self.every & ~self.mask(sre.LITERAL, 10, 0)
        if op is sre.RANGE:
            low, high = argument
            return self._folded(self._where(lambda c: low <= ord(c) <= high), flags)
        if op is sre.CATEGORY:
            kind = re.compile(_IN_CLASS[argument], flags & re.ASCII)
            return self._where(lambda c: kind.match(c) is not None)
        assert op is sre.IN
        is_negated = argument[0][0] is sre.NEGATE
        found = 0
        for part, value in argument[is_negated:]:
            found |= self.mask(part, value, flags)
        return self.every & ~found if is_negated else found

    def word(self, flags: int) -> int:
        """The characters of a word, between whose end and another kind stands a boundary."""
        return self.mask(sre.CATEGORY, sre.CATEGORY_WORD, flags)

    def example(self, mask: int) -> str:
        """One of the characters, a readable one where there is one."""
        found = [c for index, c in enumerate(self.characters) if mask >> (index + 2) & 1]
        return min(found, key=lambda c: (not c.isalnum(), not c.isascii(), not c.isprintable(), c), default="")

    def _where(self, holds: Callable[[str], bool]) -> int:
        return sum(4 << index for index, c in enumerate(self.characters) if holds(c))

    def _folded(self, mask: int, flags: int) -> int:
        if not flags & re.IGNORECASE:
            return mask
        folds = {c.casefold() for index, c in enumerate(self.characters) if mask >> (index + 2) & 1}
        return self._where(lambda c: c.casefold() in folds)


def _codes(tree: Argument) -> Iterable[int]:
    """The characters that a tree names."""
    if isinstance(tree, tuple) and len(tree) == 2 and (tree[0] is sre.LITERAL or tree[0] is sre.NOT_LITERAL):
        yield tree[1]
    elif isinstance(tree, tuple) and len(tree) == 2 and tree[0] is sre.RANGE:
        yield from tree[1]
    elif isinstance(tree, tuple | list) or hasattr(tree, "data"):
        for part in tree:
            yield from _codes(part)

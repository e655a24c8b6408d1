"""Expressions of words, in any case and in scripts that part words or do not."""

import re
from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=64)
def _lowered(text: str) -> str:
    """The text in small letters and with straight apostrophes, each character in its place."""
    lower = text.lower().replace("’", "'")
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


class Words:
    """An expression that finds words in any case."""

    def __init__(self, expression: str) -> None:
        self._pattern = re.compile(expression)

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first place between two."""
        return self._pattern.search(_lowered(text), start, len(text) if end is None else end)

    def match(self, text: str) -> re.Match[str] | None:
        """The words at the start of the text."""
        return self._pattern.match(_lowered(text))

    def finditer(self, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
        """All places between two."""
        return self._pattern.finditer(_lowered(text), start, len(text) if end is None else end)


def one_of(table: str) -> str:
    """A table as one expression: whole words, but anywhere where a script does not part words."""
    lines = [line.split(" ", 1) for line in table.strip().splitlines()]
    parted = "|".join(phrases for language, phrases in lines if language not in {"zh", "ja", "ko", "--"})
    joined = "|".join(phrases for language, phrases in lines if language in {"zh", "ja", "ko", "--"})
    return rf"(?:(?<!\\)\b(?:{parted})(?!\w)" + (f"|{joined})" if joined else ")")

"""How long rows are, in tokens: what a trainer's limit would cut or drop."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from distill.references import Record

BYTES_A_TOKEN = 3.0
"""Where a row does not say its tokens: fewer than the 4 and more of English prose, as formulae have."""
MARKS = 16
"""Tokens of a chat template around a message, at most: ChatML has 5."""
STEP = 1024


class RowSize(NamedTuple):
    """The tokens of a row by the teacher's tokenizer; those of the prompt by the same bytes a token."""

    prompt: int
    completion: int

    @property
    def whole(self) -> int:
        """What a trainer sees of it."""
        return self.prompt + self.completion


class RowLengthFacts(Record):
    """The lengths of rows, in tokens of the teacher's tokenizer."""

    longest_prompt: int
    longest_completion: int
    longest: int
    num_longer: dict[int, int]
    """Rows that are longer than so many tokens, by limits that trainers are often given."""


class RowLengths:
    """Gathers sizes, four bytes a row."""

    def __init__(self) -> None:
        self._whole = array("I")
        self._prompt = 0
        self._completion = 0

    def add(self, size: RowSize) -> None:
        """One more row."""
        self._whole.append(min(size.whole, 2**32 - 1))
        self._prompt, self._completion = max(self._prompt, size.prompt), max(self._completion, size.completion)

    def facts(self) -> RowLengthFacts:
        """What was seen. Limits that lose nothing are left out, but for the first of them."""
        ordered = sorted(self._whole)
        longest = ordered[-1] if ordered else 0
        limits = [512, *(2**power for power in range(10, 18))]
        needed = limits[: sum(limit < longest for limit in limits) + 1]
        return RowLengthFacts(
            longest_prompt=self._prompt,
            longest_completion=self._completion,
            longest=longest,
            num_longer={limit: len(ordered) - bisect_right(ordered, limit) for limit in needed},
        )


def row_size(prompt: Iterable[str], completion: str, num_tokens: int) -> RowSize:
    """The size of a row whose completion has `num_tokens`, 0 where nobody counted.

    >>> row_size(["2 + 2 = ?"], "That is 4.", 5)
    RowSize(prompt=20, completion=21)
    """
    lengths = [len(text.encode("utf-8", "replace")) for text in prompt]
    length = len(completion.encode("utf-8", "replace"))
    counted = num_tokens or round(length / BYTES_A_TOKEN)
    return RowSize(round(sum(lengths) * counted / max(length, 1)) + MARKS * len(lengths), counted + MARKS)


def limit_for(num_tokens: int) -> int:
    """A limit that loses nothing: a tenth more, since the student's tokenizer is another, up to a multiple of 1,024.

    >>> limit_for(2048), limit_for(100)
    (3072, 1024)
    """
    return -(-num_tokens * 11 // (10 * STEP)) * STEP

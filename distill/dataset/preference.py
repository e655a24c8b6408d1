"""Which of a group's correct samples are best: preferences as sort keys over columns of numbers. Pure.

A preference is an order of a group's candidates; the dataset takes the first that no filter drops. Groups of millions
of prompts are ordered at once, so a key is computed on whole columns.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from distill.dataset.candidates import Candidates, Draws, Ints, Mask, Small, mix
from distill.errors import RecipeError
from distill.references import Record


class Preference(Record):
    """Which of a group's candidates are preferred, and how many a prompt may give."""

    name: str
    cap: int | None
    """None: all of them."""

    def __str__(self) -> str:
        default = None if self.name == "all" else 1
        return self.name if self.cap == default else f"{self.name}({self.cap})"


@dataclass(frozen=True, slots=True)
class _Eligible:
    """The columns that a key is computed on, eligible candidates only."""

    prompt: Small
    index: Small
    num_tokens: Small
    draws: Draws
    """A random number for each candidate's prompt."""


def _median(group: _Eligible) -> Ints:
    """Steps from the middle of the lengths; of two in the middle the shorter comes first."""
    order = np.lexsort((group.index, group.num_tokens, group.prompt))
    starts, sizes = _extents(group.prompt[order])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    size = np.empty(len(order), dtype=np.int64)
    size[order] = np.repeat(sizes, sizes)
    off_centre = 2 * rank - (size - 1)
    key: Ints = np.abs(off_centre) * 2 + (off_centre > 0)
    return key


KEYS: dict[str, Callable[[_Eligible], npt.NDArray[np.int64] | Draws]] = {
    "shortest": lambda group: group.num_tokens.astype(np.int64),
    "longest": lambda group: -group.num_tokens.astype(np.int64),
    "median": _median,
    "random": lambda group: mix(group.draws + group.index.astype(np.uint64)),
    "first": lambda group: group.index.astype(np.int64),
    "all": lambda group: group.index.astype(np.int64),
}
"""The candidate with the smallest key is preferred; among equals the first drawn, of the run named first."""


def parse_preference(text: str) -> Preference:
    """The preference that `text` names: `shortest`, or with a number of samples a prompt may give, `all(4)`."""
    match = re.fullmatch(r"(\w+)(?:\s*\(\s*([1-9]\d*)\s*\))?", text.strip())
    if match is None or match[1] not in KEYS:
        raise RecipeError(
            f"There is no selection policy {text!r}; write one of {', '.join(KEYS)}, or all(4) for a cap."
        )
    default = None if match[1] == "all" else 1
    return Preference(name=match[1], cap=int(match[2]) if match[2] else default)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The eligible candidates, a group after the other, in the order of preference."""

    order: Ints
    """Positions among all candidates."""
    starts: Ints
    """Where each prompt's candidates begin in `order`."""
    sizes: Ints
    """How many it has."""


def rank(candidates: Candidates, is_eligible: Mask, preference: Preference, draws: Draws) -> Ranking:
    """Order the eligible candidates of every group; `draws` holds a random number for each prompt."""
    eligible = np.flatnonzero(is_eligible)
    prompt, index = candidates.prompt[eligible], candidates.index[eligible]
    key = KEYS[preference.name](_Eligible(prompt, index, candidates.num_tokens[eligible], draws[prompt]))
    order = eligible[np.lexsort((index, key, prompt))]
    sizes = np.bincount(prompt, minlength=len(draws)).astype(np.int64)
    return Ranking(order, np.cumsum(sizes) - sizes, sizes)


def _extents(sorted_prompts: Small) -> tuple[Ints, Ints]:
    """Where each run of equal numbers begins, and how long it is."""
    is_first = np.diff(sorted_prompts, prepend=-1) != 0
    starts = np.flatnonzero(is_first).astype(np.int64)
    return starts, np.diff(starts, append=len(sorted_prompts)).astype(np.int64)

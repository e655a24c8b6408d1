"""Which traces of a group go into the dataset: preferences as sort keys over columns of numbers. Pure.

A preference is an order of a group's candidates; the dataset takes the first that no filter drops. Groups of millions
of prompts are ordered at once, so a key is computed on whole columns.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.dataset.candidates import Candidate, Candidates, Draws, Ints, Mask, Small, _extents
from distill.errors import RecipeError
from distill.records import Outcome, Record


class GroupCounts(NamedTuple):
    """How a prompt's samples fared."""

    num_samples: int
    num_passed: int
    num_failed: int

    @property
    def pass_rate(self) -> float | None:
        """Passed / (passed + failed); None where nothing was decided."""
        num_decided = self.num_passed + self.num_failed
        return self.num_passed / num_decided if num_decided else None


def count(group: Sequence[Candidate]) -> GroupCounts:
    """Count a group; what is undecided counts as a sample only."""
    return GroupCounts(
        num_samples=len(group),
        num_passed=sum(candidate.outcome is Outcome.PASS for candidate in group),
        num_failed=sum(candidate.outcome is Outcome.FAIL for candidate in group),
    )


class Policy(Record):
    """Which of a group's candidates are preferred, and how many a prompt may give."""

    name: str
    cap: int | None
    """None: all of them."""

    def __str__(self) -> str:
        default = None if self.name == "all" else 1
        return self.name if self.cap == default else f"{self.name}({self.cap})"


@dataclass(frozen=True, slots=True)
class _Group:
    """The columns that a key is computed on, eligible candidates only."""

    prompt: Small
    index: Small
    num_tokens: Small
    draws: Draws
    """A random number for each candidate's prompt."""


def _median(group: _Group) -> Ints:
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


KEYS: dict[str, Callable[[_Group], npt.NDArray[np.int64] | Draws]] = {
    "shortest": lambda group: group.num_tokens.astype(np.int64),
    "longest": lambda group: -group.num_tokens.astype(np.int64),
    "median": _median,
    "random": lambda group: mix(group.draws + group.index.astype(np.uint64)),
    "first": lambda group: group.index.astype(np.int64),
    "all": lambda group: group.index.astype(np.int64),
}
"""The candidate with the smallest key is preferred; among equals the first drawn, of the run named first."""


def parse_policy(text: str) -> Policy:
    """The policy that `text` names: `shortest`, or with a number of samples a prompt may give, `all(4)`."""
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*([1-9]\d*)\s*\))?\s*", text)
    if match is None or match[1] not in KEYS:
        raise RecipeError(
            f"There is no selection policy {text!r}; write one of {', '.join(KEYS)}, or all(4) for a cap."
        )
    default = None if match[1] == "all" else 1
    return Policy(name=match[1], cap=int(match[2]) if match[2] else default)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The eligible candidates, a group after the other, in the order in which the policy prefers them."""

    order: Ints
    """Positions among all candidates."""
    starts: Ints
    """Where each prompt's candidates begin in `order`."""
    sizes: Ints
    """How many it has."""


def rank(candidates: Candidates, is_eligible: Mask, policy: Policy, draws: Draws) -> Ranking:
    """Order the eligible candidates of every group; `draws` holds a random number for each prompt."""
    eligible = np.flatnonzero(is_eligible)
    prompt, index = candidates.prompt[eligible], candidates.index[eligible]
    key = KEYS[policy.name](_Group(prompt, index, candidates.num_tokens[eligible], draws[prompt]))
    order = eligible[np.lexsort((index, key, prompt))]
    sizes = np.bincount(prompt, minlength=len(draws)).astype(np.int64)
    return Ranking(order, np.cumsum(sizes) - sizes, sizes)


def mix(numbers: Draws) -> Draws:
    """Scatter numbers over all 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))

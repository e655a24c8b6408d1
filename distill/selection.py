"""Which traces of a group go into the dataset: policies as sort keys over columns of numbers. Pure.

A policy is an order in which a group's candidates are preferred; the dataset takes the first that no filter drops.
Groups of millions of prompts are ordered at once, so a key is computed on whole columns.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.errors import RecipeError
from distill.records import Outcome, Record

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Draws = npt.NDArray[np.uint64]

OUTCOMES: tuple[Outcome | None, ...] = (Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN, None)
"""What the codes of the column `outcome` mean; None: not verified."""
UNVERIFIED = OUTCOMES.index(None)


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """What statistics need to know of a sample; its text stays on disk."""

    index: int
    num_tokens: int
    outcome: Outcome | None
    """None: not verified."""
    is_cancelled: bool = False
    """By the sampling policy: its verdict, an abstain, says nothing of the verifier."""


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


class Ending(IntEnum):
    """How a sample ended, as far as selection cares."""

    WHOLE = 0
    TRUNCATED = 1
    CANCELLED = 2


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every sample of every group, a column a property, in the order in which the samples are stored."""

    prompt: Small
    """The number of the prompt, counted over all runs."""
    index: Small
    num_tokens: Small
    num_context: Small
    """Tokens of prompt and completion together."""
    outcome: Codes
    """See OUTCOMES."""
    verifier: Codes
    """Which verifier decided; a code of its owner's vocabulary."""
    ending: Codes
    """See Ending."""
    is_probe: Mask
    """Samples that the sampling policy never cancels: pass rates come from these alone, as the others are censored."""

    def __len__(self) -> int:
        return len(self.prompt)


@dataclass(frozen=True, slots=True)
class Groups:
    """`GroupCounts` of every prompt, a column each."""

    num_samples: Small
    num_passed: Small
    num_failed: Small
    num_probes_passed: Small
    num_probes_failed: Small

    @property
    def pass_rate(self) -> npt.NDArray[np.float64]:
        """Passed / (passed + failed) among the probes; NaN where none was decided."""
        num_decided = self.num_probes_passed + self.num_probes_failed
        rates = np.full(len(num_decided), np.nan)
        np.divide(self.num_probes_passed, num_decided, out=rates, where=num_decided > 0)
        return rates


def count_groups(candidates: Candidates, num_prompts: int) -> Groups:
    """Count every group."""

    def counted(mask: Mask | None) -> Small:
        prompt = candidates.prompt if mask is None else candidates.prompt[mask]
        return np.bincount(prompt, minlength=num_prompts).astype(np.int32)

    is_passed = candidates.outcome == OUTCOMES.index(Outcome.PASS)
    is_failed = candidates.outcome == OUTCOMES.index(Outcome.FAIL)
    probes = candidates.is_probe
    return Groups(
        counted(None), counted(is_passed), counted(is_failed), counted(is_passed & probes), counted(is_failed & probes)
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


def draws_of(ids: Sequence[str], seed: int, purpose: str) -> Draws:
    """A random number for each prompt, by its id alone, so that other prompts never change it.

    `purpose` separates draws that must not be alike, such as the held-out split and the order of prompts.
    """
    salt = f"{purpose}:{seed}".encode()
    digests = (hashlib.blake2b(name.encode(), digest_size=8, key=salt).digest() for name in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def mix(numbers: Draws) -> Draws:
    """Scatter numbers over all 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _extents(sorted_prompts: Small) -> tuple[Ints, Ints]:
    """Where each run of equal numbers begins, and how long it is."""
    is_first = np.diff(sorted_prompts, prepend=-1) != 0
    starts = np.flatnonzero(is_first).astype(np.int64)
    return starts, np.diff(starts, append=len(sorted_prompts)).astype(np.int64)

"""Samples of all groups as columns of numbers. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from distill.records import Outcome

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


def draws_of(ids: Sequence[str], seed: int, purpose: str) -> Draws:
    """A random number for each prompt, by its id alone, so that other prompts never change it.

    `purpose` separates draws that must not be alike, such as the held-out split and the order of prompts.
    """
    salt = f"{purpose}:{seed}".encode()
    digests = (hashlib.blake2b(name.encode(), digest_size=8, key=salt).digest() for name in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _extents(sorted_prompts: Small) -> tuple[Ints, Ints]:
    """Where each run of equal numbers begins, and how long it is."""
    is_first = np.diff(sorted_prompts, prepend=-1) != 0
    starts = np.flatnonzero(is_first).astype(np.int64)
    return starts, np.diff(starts, append=len(sorted_prompts)).astype(np.int64)

"""Every sample of some runs as columns of numbers, and the counts and random numbers that go with them. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from distill.records import Outcome

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Draws = npt.NDArray[np.uint64]
Rates = npt.NDArray[np.float64]

OUTCOMES: tuple[Outcome | None, ...] = (Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN, None)
"""What the codes of the column `outcome` mean; None: not verified."""
PASS, FAIL, ABSTAIN, UNVERIFIED = range(len(OUTCOMES))
"""These codes by name."""


class SampleEnding(IntEnum):
    """How a sample ended, as far as selection cares."""

    WHOLE = 0
    TRUNCATED = 1
    CANCELLED = 2
    REFUSED = 3
    FILTERED = 4


UNJUDGED = (SampleEnding.CANCELLED, SampleEnding.REFUSED, SampleEnding.FILTERED)
"""Not the teacher's doing: their verdict, an abstain, says nothing of the verifier."""


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
    """See SampleEnding."""
    is_probe: Mask
    """Samples that the sampling policy never cancels. A rate over all samples is biased, since it draws until one is
    right and ends what is too long; one over these is not."""

    def __len__(self) -> int:
        return len(self.prompt)

    @property
    def is_judged(self) -> Mask:
        """Samples that the teacher ended, or its token limit."""
        return ~np.isin(self.ending, UNJUDGED)

    def num_ended(self, ending: SampleEnding) -> int:
        """How many ended so."""
        return int((self.ending == ending).sum())


@dataclass(frozen=True)
class GroupCounts:
    """How the samples of every prompt fared, a column each."""

    num_samples: Small
    num_passed: Small
    num_failed: Small
    num_probes_passed: Small
    num_probes_failed: Small

    @cached_property
    def pass_rate(self) -> Rates:
        """Passed / (passed + failed) among all samples, which agrees with the counts; NaN where none was decided."""
        return _rates(self.num_passed, self.num_failed)

    @cached_property
    def probe_pass_rate(self) -> Rates:
        """The same among the probes, which no policy biases: how hard a prompt is, for bands and preferences."""
        return _rates(self.num_probes_passed, self.num_probes_failed)


def _rates(num_passed: Small, num_failed: Small) -> Rates:
    num_decided = num_passed + num_failed
    rates = np.full(len(num_decided), np.nan)
    np.divide(num_passed, num_decided, out=rates, where=num_decided > 0)
    return rates


def count_groups(candidates: Candidates, num_prompts: int) -> GroupCounts:
    """Count every group."""

    def counted(mask: Mask | None) -> Small:
        prompt = candidates.prompt if mask is None else candidates.prompt[mask]
        return np.bincount(prompt, minlength=num_prompts).astype(np.int32)

    is_passed = candidates.outcome == PASS
    is_failed = candidates.outcome == FAIL
    probes = candidates.is_probe
    return GroupCounts(
        counted(None), counted(is_passed), counted(is_failed), counted(is_passed & probes), counted(is_failed & probes)
    )


def draws_of(ids: Sequence[str], seed: int, purpose: str) -> Draws:
    """A random number for each prompt, by its id alone, so that other prompts never change it.

    `purpose` separates draws that must not be alike, such as the held-out split and the order of prompts. Any whole
    number is a seed, and no two of them share their draws.
    """
    salt = f"{purpose}:{seed:#x}" if abs(seed) >= 2**128 else f"{purpose}:{seed}"  # decimals of long ones are refused
    key = salt.encode()
    if len(key) > hashlib.blake2b.MAX_KEY_SIZE:
        key = hashlib.sha512(key).digest()
    digests = (hashlib.blake2b(name.encode(), digest_size=8, key=key).digest() for name in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def mix(numbers: Draws) -> Draws:
    """Scatter numbers over all 64 bits: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))

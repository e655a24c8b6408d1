"""What became of a candidate and why: what numbers decide, and the filters as a question about texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import (
    ABSTAIN,
    FAIL,
    UNVERIFIED,
    Candidates,
    Codes,
    GroupCounts,
    Ints,
    Mask,
    SampleEnding,
    Small,
)
from distill.dataset.detectors import Tools, TraceText
from distill.dataset.filters import TEXT_FILTERS, first_reason
from distill.recipe.sections import SelectSection


class Reason(IntEnum):
    """What became of a candidate; the text filters' codes follow behind."""

    KEPT = 0
    NOT_PREFERRED = 1
    QUOTA_FULL = 2
    NO_QUOTA = 3
    FAILED = 4
    ABSTAINED = 5
    NOT_VERIFIED = 6
    CANCELLED = 7
    TRUNCATED = 8
    TOKEN_BAND = 9
    PASS_RATE_BAND = 10
    CONTEXT = 11
    REFUSED = 12
    FILTERED = 13


_WORDS: Mapping[Reason, str] = {
    Reason.KEPT: "kept",
    Reason.NOT_PREFERRED: "another sample of its prompt is preferred",
    Reason.QUOTA_FULL: "its quota is full",
    Reason.NO_QUOTA: "no quota holds its prompt",
    Reason.FAILED: "failed",
    Reason.ABSTAINED: "abstained",
    Reason.NOT_VERIFIED: "not verified",
    Reason.CANCELLED: "cancelled",
    Reason.TRUNCATED: "truncated",
    Reason.TOKEN_BAND: "token length outside the band",
    Reason.PASS_RATE_BAND: "pass rate outside the band",
    Reason.CONTEXT: "longer than the student's context",
    Reason.REFUSED: "refused by the endpoint",
    Reason.FILTERED: "withheld or cut by the endpoint",
}
REASONS: tuple[str, ...] = (*(_WORDS[reason] for reason in Reason), *TEXT_FILTERS)
"""The reasons in words, by their codes."""
FILTER_CODES = {name: len(Reason) + place for place, name in enumerate(TEXT_FILTERS)}
NO_SAMPLE = "no sample"
"""Why a prompt that was never drawn has no row."""
_NEAREST: tuple[int, ...] = (
    Reason.KEPT, Reason.QUOTA_FULL, Reason.NO_QUOTA, Reason.NOT_PREFERRED, *reversed(FILTER_CODES.values()),
    Reason.PASS_RATE_BAND, Reason.CONTEXT, Reason.TOKEN_BAND, Reason.TRUNCATED, Reason.NOT_VERIFIED, Reason.ABSTAINED,
    Reason.FAILED, Reason.FILTERED, Reason.REFUSED, Reason.CANCELLED,
)  # fmt: skip
"""From the row to what is farthest from being one: a prompt's best sample is the one that comes first here."""


def by_numbers(candidates: Candidates, groups: GroupCounts, settings: SelectSection) -> Codes:
    """The reason that keeps each candidate out, the first that holds; NOT_PREFERRED where none does."""
    outcome, tokens = candidates.outcome, candidates.num_tokens
    rate = groups.probe_pass_rate[candidates.prompt]
    never = np.zeros(len(candidates), dtype=bool)
    tests: list[tuple[Reason, Mask]] = [
        (Reason.CANCELLED, candidates.ending == SampleEnding.CANCELLED),
        (Reason.REFUSED, candidates.ending == SampleEnding.REFUSED),
        (Reason.FILTERED, candidates.ending == SampleEnding.FILTERED),
        (Reason.FAILED, outcome == FAIL),
        (Reason.ABSTAINED, outcome == ABSTAIN),
        (Reason.NOT_VERIFIED, outcome == UNVERIFIED),
        (Reason.TRUNCATED, candidates.ending == SampleEnding.TRUNCATED if "truncated" in settings.filters else never),
        (Reason.TOKEN_BAND, (tokens < settings.min_tokens) | _above(tokens, settings.max_tokens)),
        (Reason.CONTEXT, _above(candidates.num_context, settings.context_length)),
        (Reason.PASS_RATE_BAND, (rate < settings.min_pass_rate) | (rate > settings.max_pass_rate)),
    ]
    reasons = np.full(len(candidates), Reason.NOT_PREFERRED, dtype=np.uint8)
    for reason, holds in reversed(tests):
        reasons[holds] = reason
    return reasons


def rowless(prompt: Small, reasons: Codes, num_prompts: int) -> dict[str, int]:
    """How many prompts have no row, by what kept their best sample out; `prompt` has the number of each sample's."""
    ranks = np.argsort(np.array(_NEAREST))
    best = np.full(num_prompts, len(_NEAREST))
    np.minimum.at(best, prompt, ranks[reasons])
    counts = np.bincount(best, minlength=len(_NEAREST) + 1)[1:].tolist()
    words = (*(REASONS[code] for code in _NEAREST[1:]), NO_SAMPLE)
    return {word: number for word, number in zip(words, counts, strict=True) if number}


def _above(numbers: Small, limit: int | None) -> Mask:
    return np.zeros(len(numbers), dtype=bool) if limit is None else numbers > limit


@dataclass(frozen=True)
class Filtering:
    """Which filter drops a sample first: its code among the reasons, KEPT where none does."""

    filters: tuple[str, ...]
    tools: Tools

    def __call__(self, rows: pa.Table) -> Ints:
        """The code of every row."""
        texts = zip(rows.column("reasoning").to_pylist(), rows.column("answer").to_pylist(), strict=True)
        reasons = (
            first_reason(TraceText(reasoning or "", answer), self.filters, self.tools) for reasoning, answer in texts
        )
        return np.array([Reason.KEPT if reason is None else FILTER_CODES[reason] for reason in reasons], dtype=np.int64)


def default_tools() -> Tools:
    """The language identification and the comparison of answers that the package brings."""
    from distill.dataset.majority import equal
    from distill.language import identify

    return Tools(identify, equal)

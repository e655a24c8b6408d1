"""Why a candidate stays out of the dataset: by numbers first, then by its text."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import OUTCOMES, UNVERIFIED, Candidates, Codes, Ending, Groups, Ints, Mask
from distill.dataset.filters import TEXT_FILTERS, Text, Tools, first_reason
from distill.recipe.sections import SelectSection
from distill.records import Outcome


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


REASONS: tuple[str, ...] = (
    "kept",
    "another sample of its prompt is preferred",
    "its quota is full",
    "no quota holds its prompt",
    "failed",
    "abstained",
    "not verified",
    "cancelled",
    "truncated",
    "token length outside the band",
    "pass rate outside the band",
    "longer than the student's context",
    *TEXT_FILTERS,
)
"""The reasons in words, by their codes."""


FILTER_CODES = {name: len(Reason) + place for place, name in enumerate(TEXT_FILTERS)}


def by_numbers(candidates: Candidates, groups: Groups, settings: SelectSection) -> Codes:
    """The reason that keeps each candidate out, the first that holds; NOT_PREFERRED where none does."""
    outcome, tokens = candidates.outcome, candidates.num_tokens
    rate = groups.pass_rate[candidates.prompt]
    never = np.zeros(len(candidates), dtype=bool)
    tests: list[tuple[Reason, Mask]] = [
        (Reason.CANCELLED, candidates.ending == Ending.CANCELLED),
        (Reason.FAILED, outcome == OUTCOMES.index(Outcome.FAIL)),
        (Reason.ABSTAINED, outcome == OUTCOMES.index(Outcome.ABSTAIN)),
        (Reason.NOT_VERIFIED, outcome == UNVERIFIED),
        (Reason.TRUNCATED, candidates.ending == Ending.TRUNCATED if "truncated" in settings.filters else never),
        (Reason.TOKEN_BAND, (tokens < settings.min_tokens) | _above(tokens, settings.max_tokens)),
        (Reason.CONTEXT, _above(candidates.num_context, settings.context_length)),
        (Reason.PASS_RATE_BAND, (rate < settings.min_pass_rate) | (rate > settings.max_pass_rate)),
    ]
    reasons = np.full(len(candidates), Reason.NOT_PREFERRED, dtype=np.uint8)
    for reason, holds in reversed(tests):
        reasons[holds] = reason
    return reasons


def _above(numbers: np.ndarray[tuple[int], np.dtype[np.int32]], limit: int | None) -> Mask:
    return np.zeros(len(numbers), dtype=bool) if limit is None else numbers > limit


@dataclass(frozen=True)
class Filtering:
    """Which filter drops a sample first: its code among the reasons, KEPT where none does."""

    filters: tuple[str, ...]
    tools: Tools

    def __call__(self, rows: pa.Table) -> Ints:
        """The code of every row."""
        texts = zip(rows.column("reasoning").to_pylist(), rows.column("answer").to_pylist(), strict=True)
        reasons = (first_reason(Text(reasoning or "", answer), self.filters, self.tools) for reasoning, answer in texts)
        return np.array([Reason.KEPT if reason is None else FILTER_CODES[reason] for reason in reasons], dtype=np.int64)


def default_tools() -> Tools:
    """What filters ask in earnest."""
    from distill.dataset.majority import equal
    from distill.language import identify

    return Tools(identify, equal)

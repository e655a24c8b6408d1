"""A request from when it is sent to when its sample waits for the disk."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from distill.records import FinishReason, Outcome, Sample, Verdict
from distill.sampling.agenda import Key, SampleRequest
from distill.sampling.policy import Ended
from distill.teacher.asking.client import Ask
from distill.teacher.pool.leases import Lease
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused

TOLD = (FinishReason.CANCELLED, FinishReason.REFUSED, FinishReason.FILTERED)
"""Endings that say more than the verdict does, an abstain."""


class Unwanted(Exception):  # noqa: N818 - a decision, not a failure
    """The policy has just found that a sample which is being read can no longer be selected."""


@dataclass(eq=False, slots=True)
class SentRequest:
    """A request that has a place at an endpoint and no answer yet."""

    request: SampleRequest
    ask: Ask
    lease: Lease
    so_far: Completion
    start: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[None] | None" = None
    """Draws it."""
    has_begun: bool = False
    """Whether its task runs: before that, cancelling it would skip the code that gives the place back."""
    is_unwanted: bool = False
    next_look: int = 0
    """Tokens at which the policy is next shown how long it is."""

    def sample(
        self, teacher: str, done: Completion, finish_reason: FinishReason, refusal: RequestRefused | None
    ) -> Sample:
        """What it becomes in the table of samples."""
        parts = done.parts()
        return Sample(
            prompt_id=self.request.prompt.id,
            index=self.request.index,
            reasoning=parts.reasoning,
            answer=parts.answer,
            finish_reason=finish_reason,
            num_tokens=done.num_tokens,
            num_prompt_tokens=done.num_prompt_tokens,
            teacher=teacher,
            sampling=done.sent or self.ask.sampling,
            seconds=round(time.monotonic() - self.start, 3),
            resumed_at=done.resumed_at,
            error=None if refusal is None else words_of(refusal),
            refusal=refusal.kind if refusal is not None else None,
            finished_s=round(time.time(), 3),
        )


def words_of(refusal: RequestRefused) -> str:
    """What the endpoint said, and what to do about it."""
    said = str(refusal)
    return f"{said}{'' if said.endswith('.') else '.'} {refusal.advice}" if refusal.advice else said


class Answered(NamedTuple):
    """A sample that waits for the disk; its verdict is stored behind it."""

    key: Key
    finish_reason: FinishReason
    verdict: Verdict | None


def ended(sample: Sample) -> Ended:
    """What the policy sees of a sample before its verdict."""
    is_refused = sample.finish_reason is FinishReason.REFUSED
    outcome = Outcome.ABSTAIN if is_refused or sample.is_cancelled else None
    return Ended(sample.num_tokens, outcome, is_cancelled=sample.is_cancelled, is_refused=is_refused)

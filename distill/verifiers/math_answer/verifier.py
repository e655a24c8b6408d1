"""The verifier of short answers, on one event loop."""

import asyncio
import time
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from distill.records import Outcome, Prompt, Verdict
from distill.references import Answer
from distill.verifiers.math_answer.convention import CONVENTIONS, STRICT, Convention
from distill.verifiers.math_answer.decide import MathDecision, quick, reference_text
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.reading.cleaning import MAX_CHARS
from distill.verifiers.math_answer.workers.supervisor import Supervisor, TimedDecision

_MAX_REMEMBERED = 20_000
"""Decisions that are kept; the oldest is forgotten first."""
Key = tuple[str, str, tuple[str, ...], str]
"""A reference, the answer's text and run, and the convention."""


class MathAnswer:
    """Decides on answers against an `Answer` reference.

    `convention` holds for every prompt whose source is not in `conventions`. Extraction and comparisons of plain
    numbers happen here, in microseconds; all else in `num_workers` processes, each decision within `time_limit_s`.
    """

    def __init__(
        self,
        *,
        num_workers: int = 1,
        time_limit_s: float = 1.0,
        convention: Convention = STRICT,
        conventions: Mapping[str, Convention] = CONVENTIONS,
    ) -> None:
        self._num_workers = num_workers
        self._time_limit_s = time_limit_s
        self._convention = convention
        self._conventions = conventions
        self._supervisor: Supervisor | None = None
        self._decisions: dict[Key, asyncio.Future[TimedDecision] | MathDecision] = {}

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning."""
        assert isinstance(prompt.reference, Answer)
        started_s = time.thread_time()
        convention = self._conventions.get(prompt.source, self._convention) if prompt.source else self._convention
        found = extract(answer)
        if found is None:
            return _verdict(MathDecision(Outcome.FAIL, "no answer"), None, time.thread_time() - started_s)
        reference = reference_text(prompt.reference.value)
        decision = _at_once(reference, found, convention)
        seconds = time.thread_time() - started_s
        if decision is None:
            decision, more_s = await self._remembered(reference, found, convention)
            seconds += more_s
        return _verdict(decision, found, seconds)

    async def _remembered(self, reference: str, found: Extraction, convention: Convention) -> TimedDecision:
        """The decision on an answer, made once however often it is given."""
        spelled = _spelled(convention)
        key = (reference, found.text, found.run, spelled)
        known = self._decisions.get(key)
        if isinstance(known, MathDecision):
            return TimedDecision(known, 0.0)
        if known is not None:
            return await asyncio.shield(known)
        if self._supervisor is None:
            self._supervisor = Supervisor(self._num_workers, self._time_limit_s)
        future = asyncio.ensure_future(self._supervisor.decide(reference, found, spelled))
        self._decisions[key] = future
        if len(self._decisions) > _MAX_REMEMBERED:
            self._decisions.pop(next(iter(self._decisions)))
        timed = await asyncio.shield(future)
        self._decisions[key] = timed.decision
        return timed

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None:
            await supervisor.close()

    def describe(self) -> tuple[str, ...]:
        """The libraries that decide what our own tiers leave open, with their versions."""
        policy = () if self._convention == STRICT else (f"policy {self._convention.name}",)
        return (*policy, *(f"{name} {version(name)}" for name in ("math-verify", "sympy")))


@cache
def _spelled(convention: Convention) -> str:
    """The convention as a worker reads it."""
    return "" if convention == STRICT else convention.model_dump_json()


def _at_once(reference: str, found: Extraction, convention: Convention) -> MathDecision | None:
    if found.doubt:
        return MathDecision(Outcome.ABSTAIN, found.doubt)
    if found.run:
        return None
    if len(found.text) > MAX_CHARS and found.text != reference:
        return MathDecision(Outcome.ABSTAIN, f"longer than {MAX_CHARS} characters")
    return quick(reference, found.text, convention)


def _verdict(decision: MathDecision, found: Extraction | None, seconds: float) -> Verdict:
    outcome, reason = decision.outcome or Outcome.ABSTAIN, decision.reason
    if found is None:
        return Verdict.decided(outcome, "math_answer", reason, seconds=seconds)
    shown = f"{reason} ({found.rule})"
    return Verdict.decided(outcome, "math_answer", shown, extracted=found.text, seconds=seconds)

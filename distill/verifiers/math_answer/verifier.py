"""The verifier of short answers, on one event loop."""

import asyncio
import time
from collections.abc import Mapping
from importlib.metadata import version

from distill.records import Answer, Outcome, Prompt, Verdict
from distill.verifiers.math_answer.convention import POLICIES, STRICT, MathPolicy
from distill.verifiers.math_answer.decide import Decision, quick, reference_text
from distill.verifiers.math_answer.extracting.extract import Extraction, extract
from distill.verifiers.math_answer.reading.tokens import MAX_CHARS
from distill.verifiers.math_answer.workers.supervisor import Timed, Workers

_MAX_REMEMBERED = 200_000
Key = tuple[str, str, tuple[str, ...], str]


class MathAnswer:
    """Decides on answers against an `Answer` reference.

    `policy` holds for every prompt whose source is not in `policies`. Extraction and comparisons of plain numbers
    happen here, in microseconds; all else in `num_workers` processes, each decision within `time_limit_s`.
    """

    def __init__(
        self,
        *,
        num_workers: int = 1,
        time_limit_s: float = 1.0,
        policy: MathPolicy = STRICT,
        policies: Mapping[str, MathPolicy] = POLICIES,
    ) -> None:
        self._num_workers = num_workers
        self._time_limit_s = time_limit_s
        self._policy = policy
        self._policies = policies
        self._workers: Workers | None = None
        self._decisions: dict[Key, asyncio.Future[Timed] | Decision] = {}
        self._spelled: dict[MathPolicy, str] = {STRICT: ""}

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning."""
        assert isinstance(prompt.reference, Answer)
        started_s = time.perf_counter()
        policy = self._policies.get(prompt.source, self._policy) if prompt.source else self._policy
        found = extract(answer)
        if found is None:
            return _verdict(Decision(Outcome.FAIL, "no answer"), None, time.perf_counter() - started_s)
        reference = reference_text(prompt.reference.value)
        decision = _at_once(reference, found, policy)
        seconds = time.perf_counter() - started_s
        if decision is None:
            decision, more_s = await self._remembered(reference, found, policy)
            seconds += more_s
        return _verdict(decision, found, seconds)

    async def _remembered(self, reference: str, found: Extraction, policy: MathPolicy) -> Timed:
        """The decision on an answer, made once however often it is given."""
        key = (reference, found.text, found.run, policy.name)
        known = self._decisions.get(key)
        if isinstance(known, Decision):
            return Timed(known, 0.0)
        if known is not None:
            return await asyncio.shield(known)
        if self._workers is None:
            self._workers = Workers(self._num_workers, self._time_limit_s)
        spelled = self._spelled.setdefault(policy, policy.model_dump_json())
        future = asyncio.ensure_future(self._workers.decide(reference, found, spelled))
        self._decisions[key] = future
        if len(self._decisions) > _MAX_REMEMBERED:
            self._decisions.pop(next(iter(self._decisions)))
        timed = await asyncio.shield(future)
        self._decisions[key] = timed.decision
        return timed

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        workers, self._workers = self._workers, None
        if workers is not None:
            await workers.close()

    def describe(self) -> tuple[str, ...]:
        """The libraries that decide what our own tiers leave open."""
        return tuple(f"{name} {version(name)}" for name in ("math-verify", "sympy"))


def _at_once(reference: str, found: Extraction, policy: MathPolicy) -> Decision | None:
    if found.run:
        return None
    if len(found.text) > MAX_CHARS and found.text != reference:
        outcome = Outcome.ABSTAIN if len(reference) > MAX_CHARS else Outcome.FAIL
        return Decision(outcome, f"longer than {MAX_CHARS} characters")
    return quick(reference, found.text, policy)


def _verdict(decision: Decision, found: Extraction | None, seconds: float) -> Verdict:
    return Verdict(
        outcome=decision.outcome or Outcome.ABSTAIN,
        verifier="math_answer",
        extracted=found.text if found else None,
        reason=f"{decision.reason} ({found.rule})" if found else decision.reason,
        seconds=seconds,
    )

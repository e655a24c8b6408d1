"""Which verifier decides on a sample: the one that the reference calls for, and the judge where rules cannot tell."""

import hashlib
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from distill import reasoning
from distill.recipe.sections import VerifySection
from distill.records import FinishReason, Outcome, Prompt, Sample, Verdict
from distill.references import Answer, Choice, VerifierName
from distill.verifiers.verifier import Verifier

if TYPE_CHECKING:
    from distill.verifiers.judge import Judge


def _math_answer(settings: VerifySection) -> Verifier:
    from distill.verifiers.math_answer import REFERENCE_DIGITS, STRICT, MathAnswer

    convention = STRICT if settings.tolerance == "exact" else REFERENCE_DIGITS
    return MathAnswer(num_workers=settings.workers, time_limit_s=settings.time_limit_s, convention=convention)


def _choice(_settings: VerifySection) -> Verifier:
    from distill.verifiers.choice.verifier import ChoiceVerifier

    return ChoiceVerifier()


def _unit_tests(settings: VerifySection) -> Verifier:
    from distill.verifiers.unit_tests.verifier import UnitTests

    return UnitTests(num_workers=settings.workers, sandbox=settings.sandbox, all_tests=settings.all_tests)


def _constraints(_settings: VerifySection) -> Verifier:
    from distill.verifiers.constraints import ConstraintsVerifier

    return ConstraintsVerifier()


def _scorer(settings: VerifySection) -> Verifier:
    from distill.verifiers.scorer.verifier import ScorerVerifier

    return ScorerVerifier(num_workers=settings.workers)


VERIFIERS: dict[VerifierName, Callable[[VerifySection], Verifier]] = {
    "math_answer": _math_answer,
    "choice": _choice,
    "unit_tests": _unit_tests,
    "constraints": _constraints,
    "scorer": _scorer,
}
"""How to make each verifier. Its module is imported when the first row needs it."""


class Verifiers:
    """All verifiers of a run, each started when the first prompt calls for it; an async context manager."""

    def __init__(self, settings: VerifySection) -> None:
        self._settings = settings
        self._started: dict[VerifierName, Verifier] = {}
        self._judge: Judge | None = None

    @property
    def has_judge(self) -> bool:
        """Whether there is a judge to be asked."""
        return self._settings.judge is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for verifier in self._started.values():
            await verifier.close()
        if self._judge is not None:
            await self._judge.close()

    def describe(self) -> dict[str, str]:
        """What the verdicts of each verifier that was started rest on, for the manifest."""
        found = {str(name): ", ".join(verifier.describe()) for name, verifier in self._started.items()}
        return found | ({"judge": ", ".join(self._judge.describe())} if self._judge else {})

    async def verify_sample(self, prompt: Prompt, sample: Sample) -> Verdict:
        """Decide on a sample: what never ended has failed, what we stopped or never got is left undecided."""
        if sample.is_cancelled:
            return Verdict.undecided(prompt.verifier, "cancelled by the policy")
        if sample.finish_reason is FinishReason.REFUSED:
            return Verdict.undecided(prompt.verifier, f"the endpoint refused the request: {sample.error}")
        if sample.finish_reason is FinishReason.FILTERED:
            return Verdict.undecided(prompt.verifier, f"the endpoint withheld or cut it{_words(sample)}")
        if sample.is_truncated:
            return Verdict.failed(prompt.verifier, "truncated")
        return await self.verify(prompt, reasoning.as_kept(sample.answer))

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning.

        The verifier that the reference calls for decides. Where it abstains the judge may, if there is one; on the
        prompts of the audit the judge is asked as well, and its opinion kept beside the rule's verdict.
        """
        settings = self._settings.judge
        if prompt.verifier == "judge":
            return await self._ask_judge(prompt, answer)
        verdict = await self._by_rule(prompt, answer)
        if settings is None or not isinstance(prompt.reference, Answer | Choice) or not answer.strip():
            return verdict
        if verdict.outcome is Outcome.ABSTAIN:
            opinion = await self._ask_judge(prompt, answer) if settings.on_abstain else verdict
            return verdict if opinion.outcome is Outcome.ABSTAIN else opinion
        if is_audited(prompt.id, settings.audit_share):
            opinion = await self._ask_judge(prompt, answer)
            return verdict.model_copy(update={"second_opinion": opinion.outcome})
        return verdict

    async def _by_rule(self, prompt: Prompt, answer: str) -> Verdict:
        name = prompt.verifier
        if name not in VERIFIERS:
            return Verdict.undecided(name, f"no {name} verifier is configured")
        if name not in self._started:
            self._started[name] = VERIFIERS[name](self._settings)
        return await self._started[name].verify(prompt, answer)

    async def _ask_judge(self, prompt: Prompt, answer: str) -> Verdict:
        if self._settings.judge is None:
            reason = "there is no reference and no judge; name one with --judge and --judge-endpoint"
            return Verdict.undecided("judge", reason)
        if self._judge is None:
            from distill.verifiers.judge import Judge

            self._judge = Judge(self._settings.judge)
        return await self._judge.verify(prompt, answer)


def _words(sample: Sample) -> str:
    return f": {sample.error}" if sample.error else ""


def is_audited(prompt_id: str, share: float) -> bool:
    """Whether a prompt is in the audit: the same ones in every attempt, whatever their order."""
    return int.from_bytes(hashlib.sha256(prompt_id.encode("utf-8", "surrogatepass")).digest()[:4]) < share * 2**32

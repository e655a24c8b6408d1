"""The verifier that applies a prompt's constraints, strictly: an answer passes where all of them hold."""

import time

from distill.records import Prompt, Verdict
from distill.references import Constraints
from distill.verifiers.constraints.rules import Undecidable, broken


class ConstraintsVerifier:
    """Checks an answer as it stands. Every check takes time linear in the answer, so no worker is needed.

    It does not make IFEval's *loose* allowances, such as leaving out a first line that introduces the answer.
    """

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`; a rule that is unknown, badly written or cannot tell leaves it undecided."""
        assert isinstance(prompt.reference, Constraints)
        started_s = time.perf_counter()
        verdict = _decide(prompt.reference, answer)
        return verdict.model_copy(update={"seconds": round(time.perf_counter() - started_s, 6)})

    async def close(self) -> None:
        """There is nothing to end."""

    def describe(self) -> tuple[str, ...]:
        """Rests on nothing but the reference."""
        return ()


def _decide(reference: Constraints, answer: str) -> Verdict:
    if not answer.strip():
        return Verdict.failed("constraints", "no answer")
    doubts = []
    for rule in reference.rules:
        try:
            problem = broken(rule, answer)
        except Undecidable as doubt:
            doubts.append(str(doubt))
        else:
            if problem is not None:
                return Verdict.failed("constraints", problem)
    if doubts:
        return Verdict.undecided("constraints", "; ".join(doubts))
    return Verdict.passed("constraints", f"all {len(reference.rules)} constraints hold")

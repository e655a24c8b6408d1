"""Multiple choice: every right option must be picked, and no other.

answer "The answer is (B)."  reference B of Mars, Venus  ─▶ pass     the right option (marker)
answer "It is Mars."         reference B of Mars, Venus  ─▶ fail     another option (marker)
answer "The answer is (B)."  reference C of Mars, Venus  ─▶ abstain  the reference names no option
"""

import time

from distill.records import Choice, Outcome, Prompt, Verdict
from distill.rows.parse import option_name
from distill.verifiers.choice.pick import pick, wanted


class ChoiceVerifier:
    """Decides on answers against a `Choice` reference; every right option must be picked, and no other."""

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning."""
        started_s = time.perf_counter()
        assert isinstance(prompt.reference, Choice)
        outcome, extracted, reason = _decide(prompt.reference, answer)
        seconds = time.perf_counter() - started_s
        return Verdict.decided(outcome, "choice", reason, extracted=extracted, seconds=seconds)

    async def close(self) -> None:
        """Nothing to end."""

    def describe(self) -> tuple[str, ...]:
        """Rests on nothing but the reference."""
        return ()


def _decide(reference: Choice, answer: str) -> tuple[Outcome, str | None, str]:
    right = wanted(reference)
    if right is None:
        return Outcome.ABSTAIN, None, "the reference names no option"
    picked = pick(answer, reference.choices)
    if picked is None:
        return Outcome.FAIL, None, "no answer"
    letters = ", ".join(option_name(place) for place in sorted(picked.indices))
    if picked.indices == right:
        return Outcome.PASS, letters, f"the right option ({picked.rule})"
    return Outcome.FAIL, letters, f"another option ({picked.rule})"

"""Multiple choice: which options an answer picks, in the wrappings that models use.

Pure and linear in a tail of the text, so it runs in the calling process.
"""

import time

from distill.records import Choice as ChoiceReference
from distill.records import Outcome, Prompt, Verdict
from distill.rows.parse import LETTERS
from distill.verifiers.choice.pick import pick, wanted


class Choice:
    """Decides on answers against a `Choice` reference; every right option must be picked, and no other."""

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning."""
        started_s = time.perf_counter()
        assert isinstance(prompt.reference, ChoiceReference)
        outcome, extracted, reason = _decide(prompt.reference, answer)
        seconds = time.perf_counter() - started_s
        return Verdict.decided(outcome, "choice", reason, extracted=extracted, seconds=seconds)

    async def close(self) -> None:
        """Nothing to end."""

    def describe(self) -> tuple[str, ...]:
        """Rests on nothing but the reference."""
        return ()


def _decide(reference: ChoiceReference, answer: str) -> tuple[Outcome, str | None, str]:
    right = wanted(reference)
    if right is None:
        return Outcome.ABSTAIN, None, "the reference names no option"
    picked = pick(answer, reference.choices)
    if picked is None:
        return Outcome.FAIL, None, "no answer"
    letters = ", ".join(LETTERS[i] for i in sorted(picked.indices))
    if picked.indices == right:
        return Outcome.PASS, letters, f"the right option ({picked.rule})"
    return Outcome.FAIL, letters, f"another option ({picked.rule})"

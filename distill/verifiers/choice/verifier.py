"""Multiple choice: every right option must be picked, and no other.

answer "The answer is (B)."     reference B of Mars, Venus  ─▶ pass     the right option (statement)
answer "It is Mars."            reference B of Mars, Venus  ─▶ fail     another option (statement)
answer "The answer is A or B."  reference B of Mars, Venus  ─▶ abstain  it leaves open which option it means
answer "The answer is (B)."     reference C of Mars, Venus  ─▶ abstain  the reference names no option

A fail is earned: another option is clearly stated, or none, or the right one is denied, or the text is empty. A text
that states no option, or takes its statement back, or is in doubt of it, is left to a judge.
"""

import time

from distill.records import Outcome, Prompt, Verdict
from distill.references import Choice
from distill.rows.parse import option_name
from distill.verifiers.choice.pick import Picked, is_empty, pick, wanted

_DENIALS = ("it only says which option is wrong", "the right option is denied")


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
        if is_empty(answer):
            return Outcome.FAIL, None, "no answer"
        return Outcome.ABSTAIN, None, "no option is stated"
    if picked.doubt:
        return Outcome.ABSTAIN, None, picked.doubt
    if not picked.places:
        is_disproved = bool(picked.denied & right)
        return (Outcome.FAIL if is_disproved else Outcome.ABSTAIN), None, _DENIALS[is_disproved]
    return _compared(picked, right, len(reference.choices))


def _compared(picked: Picked, right: frozenset[int], num_options: int) -> tuple[Outcome, str | None, str]:
    letters = ", ".join(option_name(place) for place in sorted(picked.places) if place >= 0) or "none"
    if picked.places == right:
        return Outcome.PASS, letters, f"the right option ({picked.rule})"
    if all(0 <= place < num_options for place in picked.places):
        return Outcome.FAIL, letters, f"another option ({picked.rule})"
    return Outcome.FAIL, letters, f"no option of the question ({picked.rule})"

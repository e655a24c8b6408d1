"""Verifiers' decisions on a student's answers, and what becomes of an answer where its verifier breaks down."""

import asyncio
import traceback
from collections.abc import Sequence

from distill.recipe.sections import VerifySection
from distill.records import Outcome
from distill.training.worker.answers import DrawnAnswer
from distill.verifiers.dispatch import Verifiers


async def outcomes(answers: Sequence[DrawnAnswer], timeout_s: float) -> list[Outcome]:
    """Decide on each answer, as `distill verify` would.

    An answer is undecided where its verifier raises, or has not decided after `timeout_s`; the first error is printed
    into the log. Nothing that a verifier does is raised here: a training is not lost to it.
    """
    verifiers, errors = Verifiers(VerifySection()), list[str]()

    async def decide(answer: DrawnAnswer) -> Outcome:
        if answer.is_truncated:
            return Outcome.FAIL
        try:
            return (await asyncio.wait_for(verifiers.verify(answer.prompt, answer.text), timeout_s)).outcome
        except Exception:  # noqa: BLE001 - see above
            errors.append(traceback.format_exc())
            return Outcome.ABSTAIN

    try:
        return list(await asyncio.gather(*map(decide, answers)))
    finally:
        try:
            await asyncio.wait_for(verifiers.__aexit__(None, None, None), timeout_s)
        except Exception:  # noqa: BLE001 - see above
            errors.append(traceback.format_exc())
        if errors:
            print(f"Verifiers failed {len(errors)} times, first with:\n{errors[0]}", flush=True)

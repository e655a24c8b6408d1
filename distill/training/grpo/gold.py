"""Whether verifiers accept each prompt's own reference; of prompts where they do not, no completion could be right."""

import asyncio
from collections.abc import Sequence

from distill.prompts.self_check import SelfCheck
from distill.recipe.sections import VerifySection
from distill.records import Prompt
from distill.verifiers.dispatch import Verifiers


def objections(prompts: Sequence[Prompt], verify: VerifySection) -> dict[str, str]:
    """What verifiers say against references, by the prompt's id.

    Short answers, choices and puzzles with a solution are asked about, all of them. Tests and constraints are not:
    that needs a program or a text which meets them, and prompts have none.
    """
    return asyncio.run(_objections(prompts, verify))


async def _objections(prompts: Sequence[Prompt], verify: VerifySection) -> dict[str, str]:
    async with Verifiers(verify) as verifiers:
        check = SelfCheck(verifiers)
        said = await asyncio.gather(*(check.objection(prompt.reference) for prompt in prompts))
    return {prompt.id: why for prompt, why in zip(prompts, said, strict=True) if why is not None}

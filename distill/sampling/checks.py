"""What can be known of a run before anything of it is moved, sent or bought."""

from collections.abc import Iterable

from distill.errors import RecipeError
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Prompt
from distill.sampling.policy import Known, parse_policy
from distill.verifiers.readiness import check_verification, undecidable

OWN_FIELDS = {
    "model": "--model", "messages": "the prompts", "prompt": "the prompts", "n": "--policy", "stream": "distill",
    "stream_options": "distill", "max_tokens": "--max-tokens", "max_completion_tokens": "--max-tokens",
    "temperature": "--temperature", "top_p": "--top-p", "seed": "--seed", "stop": "--stop",
}  # fmt: skip
"""Fields of a request that something else sets."""
NUM_SHOWN = 3
"""Ids that are named of many."""


def check_sampling(teacher: TeacherSection, settings: GenerateSection, verify: VerifySection | None) -> Known:
    """The policy of a run. Raises DistillError where its settings cannot be used, before anything is done."""
    policy = parse_policy(settings.policy)
    for field in settings.sampling.extra_body:
        if field in OWN_FIELDS:
            raise RecipeError(f"The extra body may not hold {field!r}, which {OWN_FIELDS[field]} sets; take it out.")
    if settings.max_cost is not None and teacher.price is None:
        raise RecipeError("A limit on the cost needs a price: add --price IN,OUT (in a recipe: teacher.price).")
    if verify is not None:
        check_verification(verify)
    return policy


def undecidable_sentence(prompts: Iterable[Prompt], verify: VerifySection, num_samples: int) -> str | None:
    """How many prompts nothing can decide on, why, and what to do; None where there are none.

    `num_samples` is the most that a prompt gets.
    """
    reasons: dict[str, list[str]] = {}
    num_prompts = num_unjudged = 0
    for prompt in prompts:
        num_prompts += 1
        reason = undecidable(prompt, verify)
        if reason is not None:
            reasons.setdefault(reason, []).append(prompt.id)
            num_unjudged += prompt.reference is None
    number = sum(map(len, reasons.values()))
    if not number:
        return None
    each = "; ".join(f"{reason}: {_listed(ids)}" for reason, ids in reasons.items())
    mend = "Name a judge with --judge NAME --judge-endpoint URL (in a recipe: verify.judge), or" if num_unjudged else ""
    return (
        f"Nothing can decide on {number:,} of {num_prompts:,} prompts ({each}). Their samples, up to "
        f"{number * num_samples:,}, are bought for nothing: none of them can pass. "
        f"{mend or 'Mend that, or'} take them out of the prompts."
    )


def _listed(ids: list[str]) -> str:
    """`q1, q2, q3, …`."""
    return ", ".join([*ids[:NUM_SHOWN], *(["…"] if len(ids) > NUM_SHOWN else [])])

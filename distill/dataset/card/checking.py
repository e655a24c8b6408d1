"""How the traces were checked: verifiers, judge, votes, and how rule and judge agree."""

from distill.dataset.card_facts import CardFacts, RunFacts
from distill.formatting import count_and_share, markdown_table
from distill.metrics import Agreement


def verification(facts: CardFacts) -> str:
    """What decided, and how often."""
    rows = [
        (f"`{name}`", *(count_and_share(number, sum(counts)) for number in counts))
        for name, counts in sorted(facts.verifiers.items())
    ]
    text = f"""## Verification

{markdown_table(("verifier", "passed", "failed", "abstained"), rows)}

Only samples that passed are rows. What a verifier could not decide is neither kept nor counted as wrong."""
    if rounded := ", ".join(f"`{run.name}`" for run in facts.runs if run.tolerance != "exact"):
        text += f"\n\nPolicy `reference-digits` in {rounded}: what rounds to the digits of a decimal reference passed."
    if "scorer" in facts.verifiers:
        text += """

`scorer` is the scoring function of the package that made a puzzle. The full score passes, for any of the
puzzle's right answers; what the question rules out fails all the same."""
    return text + _votes(facts) + _judges(facts) + _agreement(facts)


def _votes(facts: CardFacts) -> str:
    votes = facts.votes
    if votes is None:
        return ""
    return f"""

{votes.num_prompts:,} of the prompts came without a reference; the majority answer stood in for it, by equivalence
of answers, where at least {facts.settings.vote_share:.0%} of a prompt's answers agreed (on average
{votes.mean_share:.0%}). Their rows name `majority_vote` as verifier, and their `pass_rate` is the share of votes, which
is no proof."""


def _judges(facts: CardFacts) -> str:
    """Who judged in which run, on what, and a warning where it was the teacher itself."""
    judged = [run for run in facts.runs if run.judge is not None]
    if not judged:
        return ""
    lines = [f"- {_judge(run)}" for run in judged]
    own = ", ".join(f"`{run.name}`" for run in judged if run.judge is not None and run.judge.is_teacher)
    warning = (
        f"\n\n**The judge of {own} is the teacher itself.** A model tends to approve of what it wrote; take rows whose "
        "`verifier` is `judge` with care, or leave them out."
    )
    return "\n\nA language model judged:\n\n" + "\n".join(lines) + (warning if own else "")


def _judge(run: RunFacts) -> str:
    judge = run.judge
    if judge is None:
        return ""
    uses = [f"prompts without a reference (template `{judge.without_reference}`)"]
    if judge.on_abstain:
        uses.append(f"answers on which a rule abstained (template `{judge.with_reference}`)")
    if judge.audit_share:
        uses.append(f"beside the rule, {judge.audit_share:.0%} of the prompts")
    votes = f", {judge.votes} votes a sample" if judge.votes > 1 else ""
    return f"`{run.name}`: `{judge.model}`{votes}, on {', '.join(uses)}"


def _agreement(facts: CardFacts) -> str:
    found = facts.agreement
    if found is None or found.share is None:
        return ""
    return f"\n\n{_compared(found)}"


def _compared(found: Agreement) -> str:
    kappa = "" if found.kappa is None else f" (Cohen's kappa {found.kappa:.2f})"
    return (
        f"A judge was asked beside the rule on some prompts. Of {found.num_both:,} samples that both decided they "
        f"agree on {found.share:.1%}{kappa}; the judge failed {found.num_pass_fail:,} that the rule passed, and passed "
        f"{found.num_fail_pass:,} that it failed."
    )

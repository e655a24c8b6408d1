"""How the traces were drawn: what they cost, which teacher wrote them, and what it read."""

import json

from distill.dataset.card.pictures import picture, rates_text
from distill.dataset.card.words import link, quoted
from distill.dataset.card_facts import CardFacts, RunFacts
from distill.formatting import Cells, count_and_share, markdown_table, or_left_out
from distill.records import Sampling


def yielded(facts: CardFacts) -> str:
    """What became of the samples, and what a row took."""
    num_probes = facts.num_probes_passed + facts.num_probes_failed
    rows: list[Cells] = [
        ("prompts", facts.num_prompts),
        ("samples", facts.num_samples),
        ("passed", facts.num_passed),
        ("failed", facts.num_failed),
        ("abstained (undecided, in no pass rate)", count_and_share(facts.num_abstained, facts.num_samples)),
        ("cancelled by the policy", count_and_share(facts.num_cancelled, facts.num_samples)),
        ("refused by the endpoint", count_and_share(facts.num_refused, facts.num_samples)),
        ("withheld or cut by the endpoint", count_and_share(facts.num_filtered, facts.num_samples)),
        ("pass rate of the decided probes, which no policy ends", count_and_share(facts.num_probes_passed, num_probes)),
        ("prompts with a row", count_and_share(facts.num_kept_prompts, facts.num_prompts)),
        ("teacher tokens, all samples", facts.num_tokens),
        ("teacher tokens spent for a row", round(facts.num_tokens / facts.num_rows)),
        *_cost(facts),
    ]
    return f"""## Yield

{markdown_table(("", ""), rows)}

{picture("pass_rates", rates_text(facts))}"""


def _cost(facts: CardFacts) -> list[Cells]:
    """What the samples cost, where every run was told its price."""
    costs = [run.cost for run in facts.runs if run.cost is not None]
    if not costs or len(costs) < len(facts.runs):
        return []
    return [("cost, all samples", f"{sum(costs):,.4g}"), ("cost of a row", f"{sum(costs) / facts.num_rows:,.4g}")]


def teacher(facts: CardFacts) -> str:
    """Who wrote the traces, how it was sampled, and what it read besides the prompts."""
    rows = [(run.name, _teacher(run), f"`{run.policy}`", _sampling(run.sampling), _days(run)) for run in facts.runs]
    table = markdown_table(("run", "teacher", "policy", "sampling", "drawn"), rows, "lllll")
    return f"## Teacher and sampling\n\n{table}{_few_shot(facts)}{_told(facts)}"


def _teacher(run: RunFacts) -> str:
    is_on_hub = run.weights is not None and run.weights.count("/") == 1 and ":" not in run.weights
    address = f"https://huggingface.co/{run.weights}" if is_on_hub else None
    weights = f" ({link(f'`{run.weights}`', address)})" if run.weights else ""
    return f"`{run.teacher}`{weights}"


def _days(run: RunFacts) -> str:
    """From the first to the last day of a run, UTC."""
    first, last = run.started[:10], (run.finished or run.started)[:10]
    return first if first == last else f"{first} to {last}"


def _few_shot(facts: CardFacts) -> str:
    shown = [f"{run.num_few_shot} in `{run.name}`" for run in facts.runs if run.num_few_shot]
    if not shown:
        return ""
    return (
        f"\n\nFew-shot messages ({', '.join(shown)}) were shown to the teacher before each prompt and are not part of "
        "the rows; `provenance/RUN/few_shot.json` has them."
    )


def _told(facts: CardFacts) -> str:
    """What else the teacher read that is not in the rows, and what its tokens cost."""
    parts = []
    for run in facts.runs:
        if run.system is not None:
            parts.append(f"System message of `{run.name}`:\n\n{quoted(run.system)}")
        if run.wording is not None:
            about = f"Wording of `{run.name}`, in which `{{prompt}}` is the last message of a prompt"
            parts.append(f"{about}:\n\n{quoted(run.wording)}")
        if run.price is not None:
            prompt, completion = run.price.prompt, run.price.completion
            each = f"{prompt:g} a million prompt tokens, {completion:g} a million completion tokens"
            parts.append(f"Price in `{run.name}`: {each}.")
    return "".join(f"\n\n{part}" for part in parts)


def _sampling(sampling: Sampling) -> str:
    seed = "" if sampling.seed is None else f", seed {sampling.seed}"
    drawn = f"temperature {or_left_out(sampling.temperature)}, top-p {or_left_out(sampling.top_p)}"
    return f"{drawn}, ≤ {sampling.max_tokens:,} tokens{seed}{_further(sampling)}"


def _further(sampling: Sampling) -> str:
    """Stop texts and further fields of the request."""
    parts = [f"stop {list(sampling.stop)}"] if sampling.stop else []
    parts += [f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in sampling.extra_body.items()]
    return "".join(f", {part}" for part in parts)

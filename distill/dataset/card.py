"""Facts of a selection ─▶ the dataset's card, in the Hub's form. Pure: it counts nothing itself."""

import json
import re

import yaml

from distill.dataset.card_facts import CardFacts
from distill.dataset.changes import changes_section
from distill.formatting import Cells, count_and_share, markdown_table, or_left_out, share
from distill.metrics import Agreement
from distill.records import Sampling
from distill.rows.license_names import HUB_LICENSES

NOT_STATED = "not stated"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


def dataset_card(facts: CardFacts) -> str:
    """The whole README.md of the dataset."""
    header = yaml.safe_dump(_header(facts), sort_keys=False, allow_unicode=True)
    parts = (_intro, _composition, _yield, _teacher, _verification, _selection, _lengths, _licenses)
    since = [changes_section(facts.since)] if facts.since else []
    sections = [*(part(facts) for part in parts), _LIMITS, _reproduce(facts), *since]
    return f"---\n{header}---\n\n" + "\n\n".join(section.strip() for section in sections) + "\n"


def _header(facts: CardFacts) -> dict[str, object]:
    sizes = {"train": facts.num_rows - facts.num_test_rows, "test": facts.num_test_rows}
    splits = [{"split": split, "path": f"data/{split}-*.parquet"} for split, size in sizes.items() if size]
    return {
        "pretty_name": facts.name,
        **_languages(facts),
        **_license(facts),
        "task_categories": ["text-generation"],
        "size_categories": [next((name for size, name in _SIZES if facts.num_rows < size), "n>10M")],
        "tags": ["distill", "reasoning", "synthetic", *sorted(facts.domains)],
        "configs": [{"config_name": "default", "data_files": splits}],
    }


def _languages(facts: CardFacts) -> dict[str, object]:
    """The languages of the prompts, the most frequent first; nothing where none is known."""
    known = [name for name, _, _ in _shares(facts.languages, facts.num_rows) if name != NOT_STATED]
    return {"language": known} if known else {}


def _license(facts: CardFacts) -> dict[str, object]:
    """The licence that all rows share, by the Hub's identifier; else a name for what the Hub has none for."""
    licenses = {each.license for each in facts.licenses}
    only = next(iter(licenses)) if len(licenses) == 1 else None
    if only in HUB_LICENSES:
        return {"license": only}
    if licenses == {None}:
        return {"license": "unknown"}
    name = "by-row" if only is None else "-".join(re.findall(r"[a-z0-9.]+", only.lower()))
    return {"license": "other", "license_name": name or "by-row"}


def _intro(facts: CardFacts) -> str:
    held_out = f", {facts.num_test_rows:,} of them held out as `test` (split by prompt)" if facts.num_test_rows else ""
    return f"""# {facts.name}

{facts.num_rows:,} verified traces of {_teachers(facts)} for {facts.num_kept_prompts:,} prompts{held_out}. A row is a
conversation, `prompt` and `completion`; the completion holds the reasoning in `<think>` tags and the answer behind it.

![From samples to rows](pictures/funnel.png)"""


def _composition(facts: CardFacts) -> str:
    text = f"""## Composition

{markdown_table(("domain", "rows", "share"), _shares(facts.domains, facts.num_rows))}

{markdown_table(("source", "rows", "share"), _shares(facts.sources, facts.num_rows))}"""
    if facts.quotas:
        wanted = [
            (each.name, "all" if each.num_wanted is None else each.num_wanted, each.num_rows, each.num_missing)
            for each in facts.quotas
        ]
        mixture = f"The mixture `{facts.settings.mixture}` asks for" if facts.settings.mixture else "What was asked for"
        text += f"\n\n{mixture}:\n\n{markdown_table(('quota', 'wanted', 'rows', 'missing'), wanted)}"
    return text


def _yield(facts: CardFacts) -> str:
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

![Pass rates](pictures/pass_rates.png)"""


def _cost(facts: CardFacts) -> list[Cells]:
    """What the samples cost, where every run was told its price."""
    costs = [run.cost for run in facts.runs if run.cost is not None]
    if not costs or len(costs) < len(facts.runs):
        return []
    return [("cost, all samples", f"{sum(costs):,.4g}"), ("cost of a row", f"{sum(costs) / facts.num_rows:,.4g}")]


def _teacher(facts: CardFacts) -> str:
    rows = [
        (
            run.name,
            f"`{run.teacher}`" + (f" (`{run.weights}`)" if run.weights else ""),
            f"`{run.policy}`",
            _sampling(run.sampling),
            run.num_few_shot,
        )
        for run in facts.runs
    ]
    return f"""## Teacher and sampling

{markdown_table(("run", "teacher", "policy", "sampling", "few-shot messages"), rows)}

Few-shot messages were shown to the teacher before each prompt and are not part of the rows.{_told(facts)}"""


def _told(facts: CardFacts) -> str:
    """What else the teacher read that is not in the rows, and what its tokens cost."""
    parts = []
    for run in facts.runs:
        if run.system is not None:
            parts.append(f"System message of `{run.name}`:\n\n{_quoted(run.system)}")
        if run.wording is not None:
            about = f"Wording of `{run.name}`, in which `{{prompt}}` is the last message of a prompt"
            parts.append(f"{about}:\n\n{_quoted(run.wording)}")
        if run.price is not None:
            prompt, completion = run.price.prompt, run.price.completion
            each = f"{prompt:g} a million prompt tokens, {completion:g} a million completion tokens"
            parts.append(f"Price in `{run.name}`: {each}.")
    return "".join(f"\n\n{part}" for part in parts)


def _quoted(text: str) -> str:
    """A text as it is, whatever Markdown would make of it."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _verification(facts: CardFacts) -> str:
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
    votes = facts.votes
    if votes is not None:
        text += f"""

{votes.num_prompts:,} prompts came without a reference; the majority answer stood in for it, by equivalence of answers,
where at least {facts.settings.vote_share:.0%} of a prompt's answers agreed (on average {votes.mean_share:.0%}).
Their rows name `majority_vote` as verifier, and their `pass_rate` is the share of votes, which is no proof."""
    return text + _agreement(facts.agreement)


def _agreement(found: Agreement | None) -> str:
    if found is None or found.share is None:
        return ""
    return f"""

A judge was asked beside the rule on some prompts. Of {found.num_both:,} samples that both decided they agree on
{found.share:.1%}{"" if found.kappa is None else f" (Cohen's kappa {found.kappa:.2f})"}; the judge failed
{found.num_pass_fail:,} that the rule passed, and passed {found.num_fail_pass:,} that it failed."""


def _selection(facts: CardFacts) -> str:
    settings = facts.settings
    counted = f"tokens of `{settings.tokenizer}`" if settings.tokenizer else "the teacher's own token count"
    filters = [
        (f"`{name}`", each.num_examined, count_and_share(each.num_dropped, each.num_examined))
        for name, each in facts.filters.items()
    ]
    decisions = [(name, count_and_share(number, facts.num_samples)) for name, number in facts.decisions.items()]
    table = markdown_table(("filter", "traces examined", "dropped"), filters)
    dropped = f"\n\n{table}" if filters else " No text filter was on."
    return f"""## Selection and filters

Policy `{settings.policy}` over the samples of a prompt that passed, by {counted}; the first drawn among equals.
A filter is asked about the preferred trace, then about the one that replaces it.{dropped}

What became of every sample (`decisions.arrow` says it of each):

{markdown_table(("decision", "samples"), decisions)}"""


def _lengths(facts: CardFacts) -> str:
    rows: list[Cells] = [
        (name, *map(round, (each.mean, each.median, each.p95)), each.longest)
        for name, each in sorted(facts.lengths.items())
    ]
    return f"""## Token lengths

{markdown_table(("domain", "mean", "median", "95 %", "longest"), rows)}

![Lengths](pictures/lengths.png)"""


def _licenses(facts: CardFacts) -> str:
    rows = [
        (each.license or NOT_STATED, each.source or NOT_STATED, each.num_rows, share(each.num_rows, facts.num_rows))
        for each in facts.licenses
    ]
    num_without = sum(each.num_rows for each in facts.licenses if each.license is None)
    unknown = f"\n\nOf {num_without:,} rows the source states no licence; they may not be free to use."
    return f"""## Languages and licences

{markdown_table(("language of the prompts", "rows", "share"), _shares(facts.languages, facts.num_rows))}

{markdown_table(("licence of the prompts", "source", "rows", "share"), rows)}{unknown if num_without else ""}

The completions were written by {_teachers(facts)}, whose licence applies to them as well."""


_LIMITS = """## Limits

- A right final answer does not prove that the reasoning is sound.
- Prompts that the teacher never solved are missing, so the rows are easier than the prompts were.
- Decontamination against benchmarks happens to the prompts, before sampling (`distill prompts --decontaminate FILE`);
  the runs do not record whether it did.
- `pass_rate`, `num_samples` and `num_passed` are those of the prompt's samples, not of the row alone. Where the policy
  cancels samples, `pass_rate` comes from the first ones alone, which it never cancels."""


def _reproduce(facts: CardFacts) -> str:
    runs = "\n".join(
        f"- run `{run.name}`: settings {run.digest}, its `recipe.yaml` and `manifest.json`" for run in facts.runs
    )
    command = (
        f"\n\n```\n{facts.command}\n```\n\nThe same runs and settings give the same bytes." if facts.command else ""
    )
    return f"""## How to reproduce

{runs}
- selection: seed {facts.settings.seed}; all settings are in `selection.json`{command}

Made with distill {facts.distill_version}. This card is generated; change the selection, not the card."""


def _shares(counts: dict[str, int], total: int) -> list[Cells]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(name, number, share(number, total)) for name, number in ordered]


def _teachers(facts: CardFacts) -> str:
    return ", ".join(f"`{name}`" for name in sorted({run.teacher for run in facts.runs}))


def _sampling(sampling: Sampling) -> str:
    seed = "" if sampling.seed is None else f", seed {sampling.seed}"
    drawn = f"temperature {or_left_out(sampling.temperature)}, top-p {or_left_out(sampling.top_p)}"
    return f"{drawn}, ≤ {sampling.max_tokens:,} tokens{seed}{_further(sampling)}"


def _further(sampling: Sampling) -> str:
    """Stop texts and further fields of the request."""
    parts = [f"stop {list(sampling.stop)}"] if sampling.stop else []
    parts += [f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in sampling.extra_body.items()]
    return "".join(f", {part}" for part in parts)

"""How the dataset is made again: commands, digests, versions, and where all of that lies."""

from distill.dataset.card.words import code
from distill.dataset.card_facts import CardFacts, RunFacts
from distill.formatting import markdown_table

LIMITS = """## Limits

- A right final answer does not prove that the reasoning is sound.
- Prompts that the teacher never solved are missing, so the rows are easier than the prompts were.
- `pass_rate`, `num_samples`, `num_passed` and `num_failed` are those of the prompt's samples, not of the row alone:
  `pass_rate` is num_passed / (num_passed + num_failed), over all of them that were decided. Where the policy ends
  samples early it favours the first right ones; `probe_pass_rate` comes from the first samples alone, which it never
  ends."""


def remaking(facts: CardFacts) -> str:
    """Commands that make the dataset again, from the root of the repository."""
    lines = "\n".join([*(line for run in facts.runs for line in run.commands), facts.command])
    rows = [row for run in facts.runs for row in _digests(run)]
    table = markdown_table(("run", "what", "digest"), rows, "lll")
    return f"""## How to reproduce

`provenance/RUN/` holds of each run its settings (`manifest.json`), its prompts (`prompts/`), and where a recipe made it
`recipe.yaml`; `selection.json` has the settings of the selection (seed {facts.settings.seed}) and every number of this
card. Where no `prompts/` is there, the maintainer has kept them back: a file of prompts with the digest below stands in
for it. From the root of this repository:

{code(lines, "sh")}

The same runs and settings give the same bytes; a model that is sampled again gives other samples.

{table}

{_versions(facts)}"""


def _digests(run: RunFacts) -> list[tuple[str, str, str]]:
    named = (
        ("file of prompts, SHA-256", run.prompts_sha256),
        ("`recipe.yaml`, SHA-256", run.recipe_sha256),
        ("settings of the samples", run.digest),
    )
    return [(f"`{run.name}`", what, f"`{value}`") for what, value in named if value]


def _versions(facts: CardFacts) -> str:
    """What made the runs, and this card."""
    made = [
        f"- `{run.name}`: " + ", ".join(f"{name} {number}".strip() for name, number in sorted(run.versions.items()))
        for run in facts.runs
        if run.versions
    ]
    project = f"[distill]({facts.project_url})" if facts.project_url else "distill"
    runs = "Versions:\n\n" + "\n".join(made) + "\n\n" if made else ""
    return (
        f"{runs}Selected with {project} {facts.distill_version}. What stands between marks of distill in this file is "
        "written anew by each selection; what you write outside of them stays."
    )

"""What `distill sft` and `distill grpo` show: its progress, a plan, and proved rows."""

from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from rich.console import Console

from distill import progress
from distill.training.examples.show import coloured
from distill.training.grpo.recipe import GrpoRecipe
from distill.training.job import Report, TrainingEvent, TrainingPlan
from distill.training.machine import fit
from distill.training.recipe import StudentRecipe
from distill.training.sft import Checked

_WORKLOAD = "for DeepSeek's 804,745 rows"


@contextmanager
def reporting(stage: str = "sft") -> Iterator[Report]:
    """Show a training at work while the block runs."""
    with progress.stage(stage, 0) as tally:

        def report(event: TrainingEvent) -> None:
            loss = "" if event.loss is None else f"loss {event.loss:.3f}"
            reward = "" if event.reward is None else f"reward {event.reward:.3f}"
            tally.move(event.done, event.total or 0, f"{event.stage} {loss}{reward}".strip())

        yield report


def print_plan(plan: TrainingPlan[StudentRecipe] | TrainingPlan[GrpoRecipe]) -> None:
    """The YAML that TRL will read, the arithmetic of its memory and time, and the line that launches it."""
    print(yaml.safe_dump(plan.trl, sort_keys=False, allow_unicode=True))
    if plan.estimate is not None:
        found, is_bound = plan.estimate, isinstance(plan.recipe, GrpoRecipe)
        print(fit.explain(found))
        if found.num_steps:
            print(
                f"{'at most ' if is_bound else ''}{found.num_tokens:,} tokens in {found.num_steps:,} steps of "
                f"{found.rows_per_step} {'completions' if is_bound else 'rows'}: about {found.gpu_hours:,.0f} "
                f"GPU-hours on {found.gpu.upper()}, {'each completion as long as allowed' if is_bound else _WORKLOAD}"
            )
    if not plan.is_checked:
        print("Values were not checked, since TRL is not installed here. Names were.")
    print(plan.line)


def print_checked(checked: Checked) -> None:
    """What the rows hold, and the first of them with its loss mask in colour."""
    summary = checked.summary
    console = Console(highlight=False)
    console.print(
        f"{summary.num_rows:,} rows are sound: {summary.num_tokens:,} tokens, {summary.num_trained_tokens:,} of them "
        f"with a loss, in {summary.num_sequences:,} sequences. Dropped as too long: {sum(summary.overlong.values()):,} "
        f"{summary.overlong or ''}. Set aside for control tokens in their text: {summary.num_control:,}."
    )
    for length, number in summary.lengths.items():
        console.print(f"  up to {length:>7,} tokens: {number:,} rows")
    console.print("The first row; what stands between ⟦ ⟧ is trained:")
    console.print(coloured(checked.document))

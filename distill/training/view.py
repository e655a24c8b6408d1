"""What `distill sft` and `distill grpo` show: its progress, a plan, and proved rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from rich.console import Console

from distill import progress
from distill.errors import InputError
from distill.files import write_whole
from distill.training.examples.show import coloured
from distill.training.from_trl.convert import Converted
from distill.training.from_trl.page import told
from distill.training.grpo.grpo import CheckedPrompts
from distill.training.grpo.recipe import GrpoRecipe
from distill.training.job import Report, TrainingEvent, TrainingPlan
from distill.training.machine import fit
from distill.training.recipe import StudentRecipe
from distill.training.sft import Checked

_MAX_OBJECTIONS = 10
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
        f"{summary.overlong or ''}."
    )
    for reason, number in summary.set_aside.items():
        console.print(f"Set aside, {reason}: {number:,} rows; the first: {summary.examples[reason]}", markup=False)
    for length, number in summary.lengths.items():
        console.print(f"  up to {length:>7,} tokens: {number:,} rows")
    console.print("The first row; what stands between ⟦ ⟧ is trained:")
    console.print(coloured(checked.document))


def print_checked_prompts(checked: CheckedPrompts) -> None:
    """Which prompts are left, what verifiers object to, and the first one as the student reads it."""
    found = checked.prompts
    print(
        f"{len(found.prompts):,} prompts can be trained on. Set aside: {found.num_unreadable:,} unreadable, "
        f"{found.num_repeated:,} repeated, {found.num_overlong:,} too long, {found.num_unverifiable:,} without judge."
    )
    if found.first_mistake:
        print(f"The first unreadable one: {found.first_mistake}")
    if found.num_unrated:
        print(f"{found.num_unrated:,} have no pass rate, and come last.")
    for number, (name, why) in enumerate(checked.objections.items()):
        if number == _MAX_OBJECTIONS:
            print(f"… and {len(checked.objections) - number:,} more")
            break
        print(f"No answer to {name} can be right, since its own reference is refused: {why}")
    if checked.serve:
        print(f"First start the engine: {checked.serve}")
    print(f"The first prompt, as the student reads it:\n{checked.document}")


def print_converted(converted: Converted, file: Path | None) -> None:
    """A recipe made of a TRL YAML: into `file`, its template beside it, or else onto the screen.

    What was assumed, what was left out and what comes next goes to standard error. Raises InputError where `file` is
    there already.
    """
    template, tell = converted.template, Console(stderr=True, highlight=False, soft_wrap=True)
    if file is None:
        print(converted.text, end="")
        if template.text is not None:
            tell.print(f"{template.name} is not written; --recipe NEW.yaml writes both.", markup=False)
    else:
        if file.exists():
            raise InputError(f"{file} is there already. Name another file with --recipe, or remove it.")
        write_whole(file, converted.text)
        if template.text is not None:
            write_whole(Path(template.name), template.text)
    left_out = [f"Left out: {text}" for text in told(converted.left_out)]
    for text in (*converted.assumed, *left_out, *([] if file is None else ["Next:", *converted.commands])):
        tell.print(text, markup=False)

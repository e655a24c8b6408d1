"""Commands that train a student."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distill.cli.options import JudgeEndpoint, JudgeModel, Overrides, Sandbox, Workers, judge_section

if TYPE_CHECKING:
    from distill.training.settings.owned import Method


FromTrl = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Make a recipe of a YAML for TRL on --gpus (8): into --recipe, or onto the screen."
    ),
]
Calibrate = Annotated[
    Path | None, typer.Option(metavar="FILE", help="For the estimate: what scripts/gpu-check measured.")
]
ReportTo = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where figures go: trackio, wandb, …; the key `report_to`.")
]


def sft(
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME", help="A student: qwen-7b, llama-70b, … or a YAML file.")
    ] = None,
    dataset: Annotated[
        list[str] | None, typer.Option(metavar="PATH|ID", help="What `distill select` wrote, or a Hub id; repeatable.")
    ] = None,
    overrides: Overrides = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The model; default students/NAME.")] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="Default: those of this machine.")] = None,
    gpu: Annotated[str, typer.Option(help="For the estimate: a100, h100, h200 or b200.")] = "h100",
    calibrate: Calibrate = None,
    report_to: ReportTo = None,
    check: Annotated[bool, typer.Option("--check", help="Prepare and prove every row; train nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show settings, memory and launch line.")] = False,
    from_trl: FromTrl = None,
) -> None:
    """Train a student on a dataset; refuses layouts that cannot fit and rows that would teach the wrong thing."""
    from distill.errors import InputError
    from distill.recipe.loading import recipe_name
    from distill.training import sft as stage
    from distill.training import view as sft_view
    from distill.training.machine.calibration import read_calibration
    from distill.training.machine.gpus import gpu_named

    settings = _settings(overrides, report_to)
    if from_trl is not None:
        _convert(from_trl, "sft", recipe, settings, gpus)
        return
    if recipe is None:
        raise InputError("A training needs a student; name one with --recipe NAME, qwen-7b say, or a YAML file.")
    model = out or Path("students") / recipe_name(recipe)
    if dry_run:
        card, figures = gpu_named(gpu), read_calibration(calibrate) if calibrate else None
        sft_view.print_plan(
            stage.plan(recipe, out=model, overrides=settings, num_gpus=gpus or 1, gpu=card, calibration=figures)
        )
        return
    if not dataset:
        raise InputError("A training needs rows; name them with --dataset PATH, as `distill select` wrote them.")
    with sft_view.reporting() as report:
        if check:
            checked = stage.check(recipe, dataset, out=model, overrides=settings, num_gpus=gpus, report=report)
        else:
            result = stage.sft(recipe, dataset, out=model, overrides=settings, num_gpus=gpus, report=report)
    if check:
        sft_view.print_checked(checked)
    else:
        typer.echo(f"{result.num_rows:,} rows, {result.num_steps:,} steps, loss {result.last_loss:.3f}: {result.model}")


def grpo(
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME", help="r1-zero, r1-stage1, modern, … or a YAML file.")
    ] = None,
    prompts: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Prompts: a file of prompt rows, a preset, or a Hub id.")
    ] = None,
    overrides: Overrides = None,
    student: Annotated[str | None, typer.Option(metavar="NAME", help="Which student; default: the recipe's.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The model; default students/grpo-NAME.")] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="Default: those of this machine.")] = None,
    gpu: Annotated[str, typer.Option(help="For the estimate: a100, h100, h200 or b200.")] = "h100",
    workers: Workers = 2,
    sandbox: Sandbox = "namespaces",
    judge: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    calibrate: Calibrate = None,
    report_to: ReportTo = None,
    check: Annotated[
        bool, typer.Option("--check", help="Prepare prompts, and ask verifiers of their references; train nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show settings, memory and launch line.")] = False,
    from_trl: FromTrl = None,
) -> None:
    """Train by reinforcement learning; the verifiers that check samples are its rewards."""
    from distill.errors import InputError
    from distill.recipe.sections import VerifySection
    from distill.training import view as sft_view
    from distill.training.grpo import grpo as stage
    from distill.training.grpo.card import curve_table
    from distill.training.grpo.recipe import load
    from distill.training.machine.calibration import read_calibration
    from distill.training.machine.gpus import gpu_named

    settings = [*([f"distill.student={student}"] if student else []), *_settings(overrides, report_to)]
    if from_trl is not None:
        _convert(from_trl, "grpo", recipe, settings, gpus)
        return
    if recipe is None:
        raise InputError("Reinforcement learning needs a recipe; name one with --recipe NAME, r1-zero say, or a YAML.")
    model = out or Path("students") / f"grpo-{load(recipe, settings).name}"
    if dry_run:
        card, figures = gpu_named(gpu), read_calibration(calibrate) if calibrate else None
        sft_view.print_plan(
            stage.plan(recipe, out=model, overrides=settings, num_gpus=gpus or 1, gpu=card, calibration=figures)
        )
        return
    if prompts is None:
        raise InputError("Reinforcement learning needs prompts; name them with --prompts FILE, prompt rows.")
    verify = VerifySection(workers=workers, sandbox=sandbox, judge=judge_section(judge, judge_endpoint, None, 1, 0.0))
    with sft_view.reporting("grpo") as report:
        if check:
            checked = stage.check(
                recipe, prompts, out=model, overrides=settings, num_gpus=gpus, verify=verify, report=report
            )
        else:
            result = stage.grpo(
                recipe, prompts, out=model, overrides=settings, num_gpus=gpus, verify=verify, report=report
            )
    if check:
        sft_view.print_checked_prompts(checked)
        return
    typer.echo(curve_table(result))
    typer.echo(f"reward {result.first_reward:.3f} → {result.last_reward:.3f} in {result.num_steps:,} steps: {model}")


def _settings(overrides: list[str] | None, report_to: str | None) -> list[str]:
    """What replaces the recipe's; an option counts before what is typed as KEY=VALUE."""
    return [*([] if report_to is None else [f"report_to={report_to}"]), *(overrides or [])]


def _convert(file: Path, method: "Method", recipe: str | None, overrides: list[str], num_gpus: int | None) -> None:
    """Make a recipe of a TRL YAML; `recipe` is the file that it becomes."""
    from distill.training import view
    from distill.training.from_trl.convert import convert
    from distill.training.machine.hardware import need_libraries

    need_libraries()
    new = None if recipe is None else Path(recipe)
    view.print_converted(convert(file, method, out=new, overrides=overrides, num_gpus=num_gpus), new)

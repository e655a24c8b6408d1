"""Commands that sample a teacher, or tell from a pilot what that will take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distill.cli.asking import LimitOptions, SamplingOptions, TeacherOptions, WordingOptions, generate_section
from distill.cli.options import CheckOptions, Overrides, Redraw, Restart, ShardOptions, restart_stage

if TYPE_CHECKING:
    from distill.recipe.sections import GenerateSection, TeacherSection
    from distill.store import RunFolder


def generate(
    prompts: Annotated[Path, typer.Argument(metavar="PROMPTS", help="Prompt rows: JSONL, Parquet or CSV.")],
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run folder, new or to be resumed.")],
    teacher: TeacherOptions,
    wording: WordingOptions,
    sampling: SamplingOptions,
    limits: LimitOptions,
    checks: CheckOptions,
    *,
    slice_: Annotated[
        str | None, typer.Option("--slice", metavar="3/16", help="Take a stable share of the prompts.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="8xH200", help="Each worker starts the known teacher --model on this.")
    ] = None,
    shards: ShardOptions,
    restart: Restart = None,
    redraw: Redraw = None,
) -> None:
    """Sample a teacher and verify as samples come; every sample is on disk before it counts as done."""
    from distill.progress import say
    from distill.sampling import generate as stage
    from distill.sampling.checks import check_sampling
    from distill.sampling.prompts import Slice, import_prompts
    from distill.sampling.redraw import mend_damaged
    from distill.sampling.redraw import redraw as forget
    from distill.shards.stage import generate_in_shards
    from distill.store import RunFolder

    asked, num_gpus = teacher.section(on)
    share = None if slice_ is None else Slice.parse(slice_)
    settings, verify = generate_section(sampling, wording, limits), checks.section()
    cut = shards.settings(num_gpus, is_needed=on is not None)
    check_sampling(asked, settings, verify)
    if cut is not None:
        _refuse_in_shards(settings, redraw)
    if restart or redraw:
        _check_before_moving(prompts, asked, settings, restart, redraw or [])
    restart_stage(run, restart)
    with RunFolder.open(run, say) as folder:
        mend_damaged(folder, redraw or [])
        import_prompts(folder, prompts, share)
        if redraw:
            forget(folder, redraw, asked, settings)
        if cut is not None:
            is_all = generate_in_shards(folder, asked, settings, verify, cut)
        else:
            is_all = stage.generate(folder, asked, settings, None, verify)
        if is_all:
            say(_next_step(folder))


def _refuse_in_shards(settings: "GenerateSection", redraw: list[str] | None) -> None:
    """Raise RecipeError for what shards, which do not see each other, cannot do."""
    from distill.errors import RecipeError

    if settings.max_cost is not None or settings.max_samples is not None:
        raise RecipeError(
            "--max-cost and --max-samples look at the whole run; leave them out where it is cut in shards."
        )
    if settings.batch:
        raise RecipeError("--batch is one machine's: leave out --ray, --store, --cut and --on, or --batch.")
    if redraw:
        raise RecipeError("--redraw draws on this machine; leave out --ray, --store, --cut and --on.")


def _check_before_moving(
    prompts: Path, teacher: "TeacherSection", settings: "GenerateSection", restart: str | None, redraw: list[str]
) -> None:
    """Raise DistillError for what would end the command once samples have been moved aside or forgotten."""
    from distill.errors import InputError
    from distill.rows.read import read_prompts
    from distill.sampling.endpoints import check_reachable
    from distill.sampling.redraw import check_kinds

    check_kinds(redraw)
    if not prompts.is_file():
        raise InputError(f"There is no file {prompts}; check the path.")
    if restart == "prompts":
        for _ in read_prompts(prompts):
            """Each is checked as it is read."""
    check_reachable(teacher, settings)


def _next_step(run: "RunFolder") -> str:
    if run.verdicts.count() < run.samples.count():
        return f"Next: distill verify {run.path}, with the same options for checks."
    return f"Next: distill select {run.path} --out DIR"


def estimate(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's file or name.")],
    overrides: Overrides = None,
    pilot: Annotated[int, typer.Option(min=2, help="Prompts to sample; their samples stay in the run.")] = 200,
) -> None:
    """Sample a pilot; print tokens, hours, cost and kept traces of the whole run with their intervals.

    Of a pipeline, print what `distill run --dry-run` does: tokens, GPU-hours and cost of every stage, by arithmetic.
    """
    from rich.console import Console

    from distill.pipeline import view as chain_view
    from distill.pipeline.forecast import forecast
    from distill.recipe.stages import Pipeline, load_any
    from distill.sampling.estimate import estimate_from_pilot, estimate_table

    loaded = load_any(recipe, overrides or [])
    if isinstance(loaded, Pipeline):
        chain_view.print_forecast(forecast(loaded))
    else:
        Console(highlight=False).print(estimate_table(estimate_from_pilot(loaded, pilot)))

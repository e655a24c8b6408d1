"""Commands about whole runs: take one through its stages, show what it holds, join or extend it."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import Overrides, Restart, RunPath, app, restart_stage


@app.command()
def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's file or name.")],
    overrides: Overrides = None,
    restart: Restart = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show every stage with its tokens, GPU-hours and cost; run nothing.")
    ] = False,
) -> None:
    """Run every stage of a recipe or pipeline in order; run it again to resume."""
    from distill import chain_view, standing
    from distill.chain import run_pipeline
    from distill.errors import RecipeError
    from distill.forecast import forecast
    from distill.pipeline import load_any
    from distill.recipe import Recipe
    from distill.run import run_recipe
    from distill.status import print_summary
    from distill.store import RunFolder

    loaded = load_any(recipe, overrides or [])
    if isinstance(loaded, Recipe):
        if dry_run:
            raise RecipeError(f"{recipe} is a single run, which a pilot tells more about: distill estimate {recipe}")
        restart_stage(loaded.folder, restart)
        run_recipe(loaded)
        print_summary(RunFolder.at(loaded.folder))
    elif dry_run:
        chain_view.print_forecast(forecast(loaded))
    else:
        if restart is not None:
            standing.restart(loaded, restart)
        run_pipeline(loaded)
        chain_view.print_standing(loaded.folder)


@app.command()
def status(run: RunPath) -> None:
    """Show how far a run or pipeline is and what it has yielded."""
    from distill import chain_view
    from distill.standing import is_pipeline
    from distill.status import print_summary
    from distill.store import RunFolder

    if is_pipeline(run):
        chain_view.print_standing(run)
    else:
        print_summary(RunFolder.at(run))


@app.command()
def show(
    run: RunPath,
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help="A prompt's id.")],
) -> None:
    """Show the traces of one prompt, readable."""
    from distill.status import print_traces
    from distill.store import RunFolder

    print_traces(RunFolder.at(run), prompt_id)


@app.command()
def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: RUN/report.html.")] = None,
    traces: Annotated[int, typer.Option(min=0, help="How many traces to show.")] = 200,
    price: Annotated[
        float | None, typer.Option(min=0, help="Cost of a million teacher tokens, in any currency.")
    ] = None,
) -> None:
    """Write one HTML page about a run, which needs no network."""
    from distill.report import write_report
    from distill.store import RunFolder

    typer.echo(write_report(RunFolder.at(run), out, num_traces=traces, price=price))


@app.command()
def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Runs of disjoint slices.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run folder to make of them.")],
) -> None:
    """Join the runs of `generate --slice` into one."""
    from distill.merge import merge as stage

    run = stage(runs, out)
    typer.echo(f"{run.path}: {run.prompts.count():,} prompts, {run.samples.count():,} samples")


@app.command()
def extend(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run with truncated samples.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run folder to make of it.")],
    max_tokens: Annotated[int, typer.Option(min=1, help="The new token limit of a sample.")],
) -> None:
    """Raise a run's token limit: `generate` on the new run then continues truncated samples from where they ended."""
    from distill.extend import extend as stage

    made = stage(run, out, max_tokens)
    typer.echo(f"{made.path}: {made.samples.count():,} samples are whole, {made.cut.count():,} are to be continued")

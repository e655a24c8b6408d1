"""Commands about whole runs: take one through its stages, show what it holds."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.asking import PriceOption, parse_price
from distill.cli.options import Overrides, Redraw, Restart, RunPath


def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's file or name.")],
    overrides: Overrides = None,
    restart: Restart = None,
    redraw: Redraw = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show every stage with its tokens, GPU-hours and cost; run nothing.")
    ] = False,
) -> None:
    """Run every stage of a recipe or pipeline in order; run it again to resume."""
    from distill.pipeline import run as stage
    from distill.pipeline.checks import check, check_before_moving
    from distill.pipeline.view import print_state
    from distill.recipe.stages import load_any

    loaded = load_any(recipe, overrides or [])
    if dry_run:
        stage.print_dry_run(recipe, loaded)
        return
    check(loaded)
    if restart is not None or redraw:
        check_before_moving(loaded)
    if restart is not None:
        stage.restart(loaded, restart)
    if redraw:
        stage.redraw(loaded, redraw)
    stage.run(loaded)
    print_state(loaded.folder)


def status(run: RunPath) -> None:
    """Show how far a run or pipeline is and what it has yielded."""
    from distill.pipeline.view import print_state

    print_state(run)


def show(
    run: RunPath,
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help="A prompt's id.")],
) -> None:
    """Show the traces of one prompt, readable."""
    from distill.report.status import print_traces
    from distill.store import RunFolder

    print_traces(RunFolder.at(run), prompt_id)


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: RUN/report.html.")] = None,
    traces: Annotated[int, typer.Option(min=0, help="How many traces to show.")] = 200,
    price: PriceOption = None,
) -> None:
    """Write one HTML page about a run, which needs no network."""
    from distill.report.page import write_report
    from distill.store import RunFolder

    given = None if price is None else parse_price(price)
    typer.echo(write_report(RunFolder.at(run), out, num_traces=traces, price=given))

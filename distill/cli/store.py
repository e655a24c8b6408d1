"""Commands that make a run of others, or take back what was moved aside."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import RunPath


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Runs of disjoint slices.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run folder to make of them.")],
) -> None:
    """Join the runs of `generate --slice` into one."""
    from distill.store.merge import merge as stage

    run = stage(runs, out)
    typer.echo(f"{run.path}: {run.prompts.count():,} prompts, {run.samples.count():,} samples")


def extend(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run with truncated samples.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run folder to make of it.")],
    max_tokens: Annotated[int, typer.Option(min=1, help="The new token limit of a sample.")],
) -> None:
    """Raise a run's token limit: `generate` on the new run then continues truncated samples from where they ended."""
    from distill.store.extend import extend as stage

    made = stage(run, out, max_tokens)
    typer.echo(f"{made.path}: {made.samples.count():,} samples are whole, {made.cut.count():,} are to be continued")


def restore(run: RunPath) -> None:
    """Take back what the last --restart has moved aside; once more swaps again."""
    from distill.store.folder import restore_run

    restore_run(run)

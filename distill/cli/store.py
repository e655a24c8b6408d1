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
    source: Annotated[
        Path, typer.Argument(metavar="RUN|DATASET", help="A run with truncated samples, or a dataset to draw more for.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The run folder to make of it.")],
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Of a run: the new token limit of a sample.")] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="NAME", help="Of a dataset: which of its runs.")] = None,
) -> None:
    """Raise a run's token limit, so that `generate` continues truncated samples; or make a dataset a run again."""
    from distill.errors import RunError
    from distill.store.extend import extend as stage
    from distill.store.of_dataset import is_dataset, run_of_dataset

    if is_dataset(source):
        if max_tokens is not None:
            raise RunError(f"{source} is a dataset, which holds no truncated samples; leave --max-tokens out.")
        made = run_of_dataset(source, of, out)
        typer.echo(
            f"{made.path}: {made.samples.count():,} samples of {made.prompts.count():,} prompts. What was not selected "
            "is not there: `generate` draws it again where the policy asks for it."
        )
        return
    if max_tokens is None:
        raise RunError(f"{source} is extended to another token limit; name it with --max-tokens N.")
    made = stage(source, out, max_tokens)
    typer.echo(f"{made.path}: {made.samples.count():,} samples are whole, {made.cut.count():,} are to be continued")


def restore(run: RunPath) -> None:
    """Take back what the last --restart has moved aside; once more swaps again."""
    from distill.store.folder import restore_run

    restore_run(run)

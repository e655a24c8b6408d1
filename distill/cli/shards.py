"""Commands for machines that run shards of work that was cut elsewhere."""

from typing import Annotated

import typer

from distill.cli.options import Scratch


def work(
    plan: Annotated[str, typer.Argument(metavar="PATH|URL", help="Where `generate` or `verify` with --cut put it.")],
    slice_: Annotated[
        str | None, typer.Option("--slice", metavar="3/16", help="Every sixteenth shard, from the third on.")
    ] = None,
    scratch: Scratch = None,
) -> None:
    """Run the shards of a plan that nobody has finished; on many machines at once, each with its slice."""
    from distill.shards.stage import work as stage

    typer.echo(stage(plan, slice_, scratch))

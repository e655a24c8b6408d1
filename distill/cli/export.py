"""The command that writes a dataset for other trainers."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    dataset: Annotated[
        list[str], typer.Argument(metavar="DATASET...", help="A dataset folder, its Parquet files, or org/name@split.")
    ],
    to: Annotated[str, typer.Option(metavar="TOOL", help="axolotl, llama-factory, verl, openai or sharegpt.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go.")],
) -> None:
    """Write a dataset as another trainer reads it, with its configuration and what one must know."""
    from distill.export.export import export as stage
    from distill.export.export import tool_of

    facts = stage(dataset, tool_of(to), out)
    rows = " · ".join(f"{file} {number:,}" for file, number in facts.rows.items())
    typer.echo(f"{rows} of {facts.num_read:,} rows; {out / 'README.md'} says how to train with {to}.")
    for part, reasons in facts.set_aside.items():
        for why, number in reasons.items():
            typer.echo(f"Not in {part}: {number:,}, since {why}.")
    if facts.set_aside:
        typer.echo(f"{out / 'set_aside.jsonl'} has each of them.")

"""The command that looks for what is wrong with a dataset of traces."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from distill.cli.prompts import column_pairs


def audit(
    datasets: Annotated[
        list[str],
        typer.Argument(metavar="DATASET...", help="Folders, files, or Hub datasets as org/name:CONFIG@SPLIT#REVISION."),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where audit.html and audit.json go.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="ROLE=COLUMN", help="trace=output, prompt=…, reference=…, label=-: repeatable."),
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(metavar="BENCHMARK", help="Whose problems are looked for; repeatable.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that measure; default every core.")] = None,
) -> None:
    """Report what is wrong with a dataset of traces, its own labels and answers included."""
    from distill.audit.audit import audit as stage
    from distill.audit.plan import AuditOptions

    options = AuditOptions(
        columns=column_pairs(columns or []),
        against=tuple(against or ()),
        num_rows=rows,
        num_workers=workers,
        command=shlex.join(["distill", *sys.argv[1:]]),
    )
    facts = stage(datasets, out, options)
    typer.echo(f"{facts.num_traces:,} traces of {facts.num_rows:,} rows; the report is {out / 'audit.html'}")

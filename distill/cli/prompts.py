"""The command that gathers prompts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer


def prompts(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Presets, files, Hub datasets.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the prompts go: .jsonl or .parquet.")],
    decontaminate: Annotated[list[str] | None, typer.Option(metavar="FILE", help="A benchmark; repeatable.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="prompt=question", help="A column of the file; repeatable.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--license", metavar="NAME", help="Licence of rows whose source states none: mit.")
    ] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Rows to read, or to generate, of each source.")] = None,
    seed: Annotated[int, typer.Option(help="Of generated problems.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that compare; default 2, with --ray every core.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Compare on a Ray cluster: auto, or HOST:6379.")
    ] = None,
) -> None:
    """Import prompts: normalise, deduplicate, decontaminate."""
    from distill.progress import console
    from distill.prompts.collect import collect_prompts
    from distill.prompts.funnel import Fate
    from distill.prompts.order import Order
    from distill.prompts.view import funnel_table, loss_lines

    order = Order(
        sources=tuple(sources),
        columns=_pairs(columns or []),
        license=licence,
        benchmarks=tuple(decontaminate or []),
        size=size,
        seed=seed,
        workers=workers,
        ray=ray,
    )
    funnel = collect_prompts(order, out)
    console.print(funnel_table(funnel))
    for line in loss_lines(funnel):
        typer.echo(line)
    typer.echo(f"{funnel.total(Fate.KEPT):,} of {funnel.total():,} prompts are in {out}")


def _pairs(options: Sequence[str]) -> dict[str, str]:
    """`prompt=question` ─▶ `{"prompt": "question"}`."""
    from distill.errors import RecipeError

    for option in options:
        if not all(option.partition("=")):
            raise RecipeError(f"--map reads COLUMN=COLUMN, as prompt=question, but {option!r} was given.")
    return {column: source for column, _, source in (option.partition("=") for option in options)}

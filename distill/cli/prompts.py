"""The command that gathers prompts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from distill.prompts.difficulty import Pilot


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
    pilot: Annotated[
        list[Path] | None,
        typer.Option(metavar="RUN", help="A verified run on these prompts: writes their pass rates; repeatable."),
    ] = None,
    band: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOW-HIGH[=ROWS]",
            help="Keep pass rates from LOW to HIGH, ends included, at most ROWS of them; repeatable. Drops all others, "
            "and what was not tried or decided.",
        ),
    ] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Rows to read, or to generate, of each source.")] = None,
    seed: Annotated[int, typer.Option(help="Of generated problems, and of rows in a full band.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that compare; default 2, with --ray every core.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Compare on a Ray cluster: auto, or HOST:6379.")
    ] = None,
) -> None:
    """Import prompts: normalise, deduplicate, decontaminate."""
    from distill.progress import console, say
    from distill.prompts.collect import collect_prompts
    from distill.prompts.funnel import Fate
    from distill.prompts.order import Band, Order
    from distill.prompts.view import band_table, funnel_table, loss_lines, short_bands

    order = Order(
        sources=tuple(sources),
        columns=column_pairs(columns or []),
        license=licence,
        benchmarks=tuple(decontaminate or []),
        size=size,
        seed=seed,
        bands=tuple(map(Band.parse, band or ())),
        workers=workers,
        ray=ray,
    )
    funnel = collect_prompts(order, out, _pilot(pilot or []))
    console.print(funnel_table(funnel))
    for line in loss_lines(funnel):
        typer.echo(line)
    if funnel.bands:
        console.print(band_table(funnel.bands))
    if short := short_bands(funnel.bands):
        say(short)
    typer.echo(f"{funnel.total(Fate.KEPT):,} of {funnel.total():,} prompts are in {out}")


def _pilot(runs: Sequence[Path]) -> "Pilot | None":
    from distill.dataset.pilot import read_pilot

    return read_pilot(runs) if runs else None


def column_pairs(options: Sequence[str]) -> dict[str, str]:
    """What `--map` says: `prompt=question` ─▶ `{"prompt": "question"}`. Raises RecipeError for what says nothing."""
    from distill.errors import RecipeError

    for option in options:
        if not all(option.partition("=")):
            raise RecipeError(f"--map reads COLUMN=COLUMN, as prompt=question, but {option!r} was given.")
    return {column: source for column, _, source in (option.partition("=") for option in options)}

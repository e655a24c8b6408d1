"""What a pipeline shows: what it will take, and its state."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from distill.evaluation.scores import read_scores
from distill.formatting import short_count
from distill.pipeline.forecast import Forecast, StageForecast
from distill.pipeline.state import is_pipeline
from distill.report.status import print_summary, scored
from distill.store import RunFolder
from distill.store.manifest import read_manifest


def print_forecast(found: Forecast) -> None:
    """Every stage with its input, tokens, GPU-hours and cost; their sum; and the lines that run them."""
    console = Console(highlight=False, width=max(Console().width, 110))
    console.print(_table(found))
    for work in found.works:
        console.print(f"{work.name}: {work.line}", soft_wrap=True, markup=False)
    console.print(
        f"Assumed: {found.pipeline.gpu.upper()}, {found.pipeline.gpu_hour:g} a GPU-hour, mean lengths as the recipe's "
        "`expected` says, else the token limits. The arithmetic is in distill/pipeline/forecast.py.",
        soft_wrap=True,
    )


def print_state(folder: Path) -> None:
    """How far a run or a pipeline is, and what it has yielded."""
    if is_pipeline(folder):
        _print_pipeline(folder)
    else:
        print_summary(RunFolder.at(folder))


def _print_pipeline(folder: Path) -> None:
    """Each stage of a pipeline's folder with its state and counts, and the scores."""
    table = Table(title=str(folder), show_header=False, title_justify="left")
    for name, entry in read_manifest(folder).stages.items():
        counts = ", ".join(f"{key} {count:,.4g}" if isinstance(count, float) else f"{key} {count:,}"
                           for key, count in entry.counts.items() if not isinstance(count, str))  # fmt: skip
        state = f"done in {entry.seconds:,.1f} s: {counts}" if entry.is_done else "begun"
        table.add_row(f"stage {name}", state)
    for name, score in read_scores(folder).items():
        table.add_row(f"score {name}", scored(score))
    Console(highlight=False).print(table)


def _table(found: Forecast) -> Table:
    table = Table(title=f"{found.pipeline.name}: {len(found.works)} stages", title_justify="left")
    for heading in ("stage", "kind", "takes"):
        table.add_column(heading)
    for heading in ("samples", "tokens", "GPU-hours", "cost"):
        table.add_column(heading, justify="right")
    for work in found.works:
        counts = (f"{work.num_rows:,}", short_count(work.num_tokens))
        table.add_row(work.name, work.kind, work.takes, *counts, *_spent(work))
    total = ("all", "", "", "", short_count(found.num_tokens), f"{found.gpu_hours:,.0f}", f"{found.cost:,.0f}")
    table.add_section()
    table.add_row(*total)
    return table


def _spent(work: StageForecast) -> tuple[str, str]:
    hours = "–" if work.gpu_hours is None else f"{work.gpu_hours:,.0f}"
    return hours, "–" if work.cost is None else f"{work.cost:,.0f}"

"""What `distill prompts` shows when it is done."""

from collections.abc import Sequence

from rich.table import Table

from distill.prompts.difficulty import BandCount
from distill.prompts.funnel import Fate, Funnel


def funnel_table(funnel: Funnel) -> Table:
    """Rows read and rows of each fate, by source and domain, and the reasons why rows were set aside or dropped."""
    table = Table("source", "domain", box=None, pad_edge=False)
    headings = ["read", *(fate.value for fate in Fate if fate is not Fate.OUTSIDE or funnel.total(fate))]
    for heading in headings:
        table.add_column(heading, justify="right")
    for (source, domain), line in funnel.by_source().items():
        table.add_row(source, domain, *_shown(line, headings))
    table.add_row("all", "", *_shown(funnel.totals(), headings), style="bold")
    for reason, count in funnel.reasons().items():
        table.add_row(f"  {reason}", "", "", f"{count:,}")
    return table


def band_table(bands: Sequence[BandCount]) -> Table:
    """How many prompts have such a pass rate, how many of them are kept, and how many a band should have had more."""
    table = Table("pass rate", box=None, pad_edge=False)
    headings = ("prompts", "kept", *(["missing"] if any(band.num_missing for band in bands) else []))
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, *numbers in bands:
        table.add_row(name, *(f"{number:,}" for number in numbers[: len(headings)]))
    return table


def short_bands(bands: Sequence[BandCount]) -> str | None:
    """What bands lack, in a sentence; None where they lack nothing."""
    short = [f"{band.name} lacks {band.num_missing:,}" for band in bands if band.num_missing]
    return f"Fewer prompts have such pass rates than were asked for: {', '.join(short)}." if short else None


def _shown(line: dict[str, int], headings: Sequence[str]) -> list[str]:
    return [f"{line[heading]:,}" for heading in headings]

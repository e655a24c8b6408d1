"""What `distill prompts` shows when it is done."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from distill.prompts.difficulty import BandCount
from distill.prompts.funnel import Fate, Funnel
from distill.prompts.losses import FIXES, REASON_FIXES


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


def loss_lines(funnel: Funnel) -> Iterator[str]:
    """What kept rows came without, a line for each source and thing, with what can be done about it."""
    for (source, what), count in funnel.losses().items():
        fix = f": {FIXES[what]}" if what in FIXES else ""
        yield f"{source}: {count:,} kept with {what}{fix}"


def why_nothing(funnel: Funnel, dropped: Path) -> str:
    """What became of all rows: how many had the most frequent reason, the first of them, and what can be done."""
    if not funnel.total():
        return ": it has no rows."
    reason, count = next(iter(funnel.reasons().items()), ("", funnel.total()))
    with dropped.open(encoding="utf-8") as lines:
        first = next(row for row in map(json.loads, lines) if row.get("why", "") == reason)
    detail = f" ({first['detail']})" if first.get("detail") else ""
    fix = f"; {REASON_FIXES[reason]}" if reason in REASON_FIXES else ""
    return (
        f": {count:,} of {funnel.total():,} rows were dropped as {first['where']} was: {reason or first['reason']}"
        f"{detail}{fix}. {dropped} has the reason for every row."
    )


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

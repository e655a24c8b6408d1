"""What `distill prompts` shows when it is done."""

import json
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from distill.prompts.funnel import Fate, Funnel
from distill.prompts.losses import FIXES, REASON_FIXES


def funnel_table(funnel: Funnel) -> Table:
    """Rows read and rows of each fate, by source and domain, and the reasons of rows that were set aside."""
    table = Table("source", "domain", box=None, pad_edge=False)
    for heading in ("read", *Fate):
        table.add_column(heading, justify="right")
    for (source, domain), line in funnel.by_source().items():
        table.add_row(source, domain, *_shown(line))
    table.add_row("all", "", *_shown(funnel.totals()), style="bold")
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


def _shown(line: dict[str, int]) -> list[str]:
    return [f"{count:,}" for count in line.values()]

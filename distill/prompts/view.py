"""What `distill prompts` shows when it is done."""

from rich.table import Table

from distill.prompts.funnel import Fate, Funnel


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


def _shown(line: dict[str, int]) -> list[str]:
    return [f"{count:,}" for count in line.values()]

"""How many rows came in, what became of them, and how many were kept, by source and domain."""

from collections import Counter
from enum import StrEnum

from pydantic import JsonValue
from rich.table import Table


class Fate(StrEnum):
    """What became of a row."""

    SET_ASIDE = "set aside"
    CONTAMINATED = "contaminated"
    DUPLICATE = "duplicate"
    KEPT = "kept"


class Funnel:
    """Counts fates; rows that were set aside before they had a domain count under `-`."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, Fate]] = Counter()
        self._reasons: Counter[str] = Counter()

    def add(self, source: str, domain: str | None, fate: Fate, reason: str = "") -> None:
        """Count one row."""
        self._counts[source, domain or "-", fate] += 1
        if reason:
            self._reasons[reason] += 1

    def total(self, fate: Fate | None = None) -> int:
        """How many rows had a fate; without one: how many were read."""
        return sum(count for (_, _, found), count in self._counts.items() if fate in (None, found))

    def counts(self) -> dict[str, JsonValue]:
        """For the manifest: totals, reasons, and a line for each source and domain."""
        return {
            **self._line(self._counts),
            "reasons": {**dict(self._reasons.most_common())},
            "by_source": [
                {"source": source, "domain": domain, **self._line(self._part(source, domain))}
                for source, domain in self._parts()
            ],
        }

    def table(self) -> Table:
        """For the screen."""
        table = Table("source", "domain", box=None, pad_edge=False)
        for heading in ("read", *Fate):
            table.add_column(heading, justify="right")
        for source, domain in self._parts():
            table.add_row(source, domain, *_shown(self._line(self._part(source, domain))))
        table.add_row("all", "", *_shown(self._line(self._counts)), style="bold")
        for reason, count in self._reasons.most_common():
            table.add_row(f"  {reason}", "", "", f"{count:,}")
        return table

    def _parts(self) -> list[tuple[str, str]]:
        return sorted({(source, domain) for source, domain, _ in self._counts})

    def _part(self, source: str, domain: str) -> Counter[tuple[str, str, Fate]]:
        return Counter({key: count for key, count in self._counts.items() if key[:2] == (source, domain)})

    def _line(self, counts: Counter[tuple[str, str, Fate]]) -> dict[str, int]:
        by_fate = {fate: sum(count for key, count in counts.items() if key[2] is fate) for fate in Fate}
        return {"read": sum(by_fate.values()), **{fate.value: count for fate, count in by_fate.items()}}


def _shown(line: dict[str, int]) -> list[str]:
    return [f"{count:,}" for count in line.values()]

"""How many rows came in, what became of them, and how many were kept, by source and domain."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from pydantic import JsonValue

from distill.prompts.difficulty import BandCount


class Fate(StrEnum):
    """What became of a row."""

    SET_ASIDE = "set aside"
    CONTAMINATED = "contaminated"
    DUPLICATE = "duplicate"
    OUTSIDE = "outside the bands"
    """The pass rate is in no band, the band was full, or there is no rate."""
    KEPT = "kept"


class Funnel:
    """Counts fates; rows that were set aside before they had a domain count under `-`."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, Fate]] = Counter()
        self._reasons: Counter[str] = Counter()
        self._losses: Counter[tuple[str, str]] = Counter()
        self.bands: tuple[BandCount, ...] = ()
        """How many rows each band of pass rates held and gave; none where nothing was rated."""

    def add(self, source: str, domain: str | None, fate: Fate, reason: str = "") -> None:
        """Count one row."""
        self._counts[source, domain or "-", fate] += 1
        if reason:
            self._reasons[reason] += 1

    def lose(self, source: str, what: str) -> None:
        """Count a kept row that came without something: `no reference`, `no licence`."""
        self._losses[source, what] += 1

    def losses(self) -> dict[tuple[str, str], int]:
        """What kept rows lack, by source."""
        return dict(sorted(self._losses.items()))

    def total(self, fate: Fate | None = None) -> int:
        """How many rows had a fate; without one: how many were read."""
        return sum(count for (_, _, found), count in self._counts.items() if fate in (None, found))

    def counts(self) -> dict[str, JsonValue]:
        """For the manifest: totals, reasons, and a line for each source and domain."""
        return {
            **self.totals(),
            "reasons": {**self.reasons()},
            **({"bands": [band._asdict() for band in self.bands]} if self.bands else {}),
            "by_source": [
                {"source": source, "domain": domain, **line} for (source, domain), line in self.by_source().items()
            ],
        }

    def totals(self) -> dict[str, int]:
        """Rows read and rows of each fate."""
        return _line(self._counts)

    def reasons(self) -> dict[str, int]:
        """Rows that were set aside by reason, the most frequent one first."""
        return dict(self._reasons.most_common())

    def by_source(self) -> dict[tuple[str, str], dict[str, int]]:
        """The totals of each source and domain."""
        parts = sorted({(source, domain) for source, domain, _ in self._counts})
        return {part: _line({key: n for key, n in self._counts.items() if key[:2] == part}) for part in parts}


def _line(counts: Mapping[tuple[str, str, Fate], int]) -> dict[str, int]:
    by_fate = {fate: sum(count for key, count in counts.items() if key[2] is fate) for fate in Fate}
    return {"read": sum(by_fate.values()), **{fate.value: count for fate, count in by_fate.items()}}

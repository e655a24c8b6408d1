"""What was counted over some rows: of a chunk, and merged, of all. Pure."""

from collections import Counter

from distill.audit.facts import Exhibit
from distill.audit.flagged import FlaggedTrace
from distill.audit.labels import LabelCounts
from distill.audit.worst import Lists, Worst
from distill.references import Record

MAX_FIRST = 20
"""Rows set aside that are shown."""
MAX_NAMES = 2_000
"""Different sources under a licence, or languages, that are counted apart; the others are one."""
OTHERS = "(others)"


class Partial(Record):
    """What one chunk adds; everything here is merged by adding up."""

    num_rows: int
    num_traces: int
    counts: dict[str, dict[str, int]]
    """`signs`, `hints`, `set aside`, …: what ─▶ how many."""
    licences: dict[str, dict[str, int]]
    """As stated ─▶ source ─▶ rows."""
    problems: dict[str, tuple[str, ...]]
    """Benchmark ─▶ its problems that some prompt repeats."""
    domains: tuple[str, ...]
    """Those that the numbers in the traces' column stand for."""
    labels: LabelCounts
    set_aside: tuple[Exhibit, ...]
    worst: Lists
    flagged: tuple[FlaggedTrace, ...]
    """By what a chunk knows; copies and limits are known only when all rows are."""


class GatheredCounts:
    """Partials, merged in their order. It grows with the number of different names only."""

    def __init__(self) -> None:
        self.num_rows = self.num_traces = 0
        self.counts: dict[str, Counter[str]] = {}
        self.licences: dict[str, Counter[str]] = {}
        self.problems: dict[str, set[str]] = {}
        self.labels = LabelCounts()
        self.set_aside: list[Exhibit] = []
        self.worst = Worst()

    def add(self, part: Partial) -> None:
        """Those of the next chunk."""
        self.num_rows += part.num_rows
        self.num_traces += part.num_traces
        for kind, counts in part.counts.items():
            _merge(self.counts.setdefault(kind, Counter()), counts)
        for licence, sources in part.licences.items():
            name = licence if licence in self.licences or len(self.licences) < MAX_NAMES else OTHERS
            _merge(self.licences.setdefault(name, Counter()), sources)
        for benchmark, problems in part.problems.items():
            self.problems.setdefault(benchmark, set()).update(problems)
        self.labels = self.labels + part.labels
        self.set_aside += part.set_aside[: MAX_FIRST - len(self.set_aside)]
        self.worst.merge(part.worst)

    def count(self, kind: str, name: str = "") -> int:
        """How often something was counted."""
        return self.counts.get(kind, Counter())[name]

    def told(self, kind: str) -> dict[str, int]:
        """All counts of a kind, the largest first."""
        found = self.counts.get(kind, Counter())
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _merge(known: Counter[str], counts: dict[str, int]) -> None:
    for name, num in counts.items():
        known[name if name in known or len(known) < MAX_NAMES else OTHERS] += num

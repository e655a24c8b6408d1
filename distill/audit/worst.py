"""The worst examples of each measure, kept small and mergeable. Pure."""

from collections.abc import Iterable, Iterator

from distill.audit.facts import NUM_EXHIBITS, Exhibit
from distill.references import Record


class RankedExhibit(Record):
    """An example with how bad it is."""

    score: float
    exhibit: Exhibit


Lists = dict[str, tuple[RankedExhibit, ...]]
"""By measure."""


class Worst:
    """Keeps the 20 worst of each measure; of equals those that came first, so that the order of merging decides."""

    def __init__(self) -> None:
        self._lists: dict[str, list[RankedExhibit]] = {}

    def add(self, measure: str, score: float, exhibit: Exhibit) -> None:
        """One more example."""
        self._add(measure, [RankedExhibit(score=score, exhibit=exhibit)])

    def merge(self, lists: Lists) -> None:
        """Those of a later part."""
        for measure, ranked in lists.items():
            self._add(measure, ranked)

    def lists(self) -> Lists:
        """All of them, the worst first."""
        return {measure: tuple(_best(ranked)) for measure, ranked in self._lists.items()}

    def __getitem__(self, measure: str) -> tuple[Exhibit, ...]:
        return tuple(ranked.exhibit for ranked in _best(self._lists.get(measure, [])))

    def ranked(self, measure: str) -> Iterator[RankedExhibit]:
        """The examples of a measure with their scores."""
        yield from _best(self._lists.get(measure, []))

    def _add(self, measure: str, ranked: Iterable[RankedExhibit]) -> None:
        known = self._lists.setdefault(measure, [])
        known += ranked
        if len(known) >= 4 * NUM_EXHIBITS:
            self._lists[measure] = _best(known)


def _best(ranked: list[RankedExhibit]) -> list[RankedExhibit]:
    return sorted(ranked, key=lambda each: -each.score)[:NUM_EXHIBITS]

"""What an audit found of what was planted: precision and recall of each measure, and of each kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from distill.audit.flagged import FlaggedTrace
from tests.audit.planted import MEASURES
from tests.audit.planting.trace import Planted

Flagged = Mapping[str, AbstractSet[str]]
"""Places of traces, by the measure that flags them."""


class Scored(NamedTuple):
    """How a measure did. A pair of copies is one thing to find."""

    measure: str
    num_planted: int
    num_found: int
    """Of those planted."""
    num_flagged: int
    """Without those of which neither word is a mistake."""
    num_right: int
    """Of those flagged."""

    @property
    def recall(self) -> float:
        return self.num_found / self.num_planted

    @property
    def precision(self) -> float:
        return self.num_right / self.num_flagged if self.num_flagged else 1.0


class KindScore(NamedTuple):
    """How a measure did on one kind of its faults, or of what looks like one."""

    measure: str
    name: str
    is_fault: bool
    num: int
    num_flagged: int


OF_ROWS = ("contamination", "duplicates", "licences")
"""Measures of what all traces of a row share: found at one of them is found."""


def scores(truth: Mapping[str, Planted], flagged: Flagged) -> list[Scored]:
    """One a measure."""
    return [_scored(measure, truth, _things(measure, truth, flagged)) for measure in MEASURES]


def kinds(truth: Mapping[str, Planted], flagged: Flagged) -> list[KindScore]:
    """One a kind: a fault should be flagged by its measure, and what looks like one should not."""
    found = {measure: _things(measure, truth, flagged) for measure in MEASURES}
    planted: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for where, trace in truth.items():
        if trace.measure:
            planted[trace.measure, trace.kind, trace.is_fault].add(_thing(trace.measure, where, trace))
    return [KindScore(*key, len(things), len(things & found[key[0]])) for key, things in sorted(planted.items())]


def _scored(measure: str, truth: Mapping[str, Planted], found: AbstractSet[str]) -> Scored:
    things = [(_thing(measure, where, trace), trace) for where, trace in truth.items()]
    faults = {thing for thing, trace in things if trace.is_fault and trace.measure == measure}
    open_to_both = {thing for thing, trace in things if measure in trace.also}
    counted = found - open_to_both
    return Scored(measure, len(faults), len(faults & found), len(counted), len(counted & faults))


def _things(measure: str, truth: Mapping[str, Planted], flagged: Flagged) -> set[str]:
    """What the measure flagged: traces, rows, or pairs of copies."""
    of_rows: dict[str, str] = {_row(where): where for where in truth}
    places = (where if where in truth else of_rows[_row(where)] for where in flagged.get(measure, ()))
    return {_thing(measure, where, truth[where]) for where in places}


def _thing(measure: str, where: str, trace: Planted) -> str:
    if measure == "duplicates" and trace.twin:
        return f"pair {trace.twin}"
    return _row(where) if measure in OF_ROWS else where


def _row(where: str) -> str:
    return where.partition(", trace ")[0]


def by_measure(found: Iterable[FlaggedTrace]) -> dict[str, set[str]]:
    """The lines of a file of flagged traces: places by measure."""
    flagged: dict[str, set[str]] = defaultdict(set)
    for line in found:
        flagged[line.measure].add(line.where)
    return flagged

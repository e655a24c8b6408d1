"""What every benchmark here hands over: figures, as a table to read and as JSON for `scripts/bench/all`.

A benchmark measures one round and returns its figures; `report` repeats it, takes medians, keeps the spread, prints
the table and writes the file. Two systems are compared by the figures of one case: both ran in the same round.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OURS = "distill"
"""The system that is ours; names that begin with it and a comma are ours too, with a setting."""


NOTE = "note: "


class Figure(NamedTuple):
    """What one system did on one case of one benchmark: a median of several rounds and its spread."""

    bench: str
    case: str
    system: str
    version: str
    """Of the system; empty for what is written out in the benchmark itself."""
    value: float
    unit: str
    low: float
    high: float
    higher_is_better: bool
    is_limit: bool = False
    """What no system of its kind can beat, shown beside the peers: a bare client, copying, an empty program."""

    def is_ours(self) -> bool:
        """Whether this is the project's own figure."""
        return self.system.partition(",")[0] == OURS


def figure(
    where: tuple[str, str],
    who: tuple[str, str],
    value: float,
    unit: str,
    *,
    higher_is_better: bool = True,
    is_limit: bool = False,
) -> Figure:
    """One round's figure: `where` is benchmark and case, `who` is system and version."""
    return Figure(*where, *who, value, unit, value, value, higher_is_better, is_limit)


def medians(rounds: Iterable[Sequence[Figure]]) -> list[Figure]:
    """The figures of several rounds as one: median, lowest, highest.

    >>> once, again = (figure(("b", "c"), ("distill", "1"), value, "rows/s") for value in (3.0, 5.0))
    >>> [(f.low, f.value, f.high) for f in medians([[once], [again]])]
    [(3.0, 4.0, 5.0)]
    """
    same: dict[tuple[str, str, str], list[Figure]] = {}
    for found in rounds:
        for each in found:
            same.setdefault((each.bench, each.case, each.system), []).append(each)
    return [
        each[0]._replace(
            value=statistics.median(f.value for f in each), low=min(f.low for f in each), high=max(f.high for f in each)
        )
        for each in same.values()
    ]


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=1, help="take the median of so many")
    made.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    return made


def report(options: argparse.Namespace, measure: Callable[[], Sequence[Figure]]) -> None:
    """Measure as often as was asked for, print the table, and write the file if one was named."""
    figures = medians(measure() for _ in range(options.rounds))
    print(table(figures), flush=True)
    if options.json:
        options.json.write_text(json.dumps([each._asdict() for each in figures], indent=1, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """Say what belongs below the table: a peer that does not run, what is isolated. Paths are the checkout's."""
    print(f"{NOTE}{text.replace(f'{ROOT}/', '')}", file=sys.stderr, flush=True)


def read(path: Path) -> list[Figure]:
    """The figures that `report` wrote."""
    return [Figure(**row) for row in json.loads(path.read_text())]


def table(figures: Sequence[Figure]) -> str:
    """Markdown: a line a case, ours beside the peers, and how many times better ours is than the best of them.

    >>> print(table([figure(("b", "c"), ("distill", "1"), 10, "rows/s"), figure(("b", "c"), ("x", "2"), 20, "rows/s")]))
    | what | unit | distill | peers | distill is better by |
    | --- | --- | --- | --- | --- |
    | b: c | rows/s, more is better | 10 | x 20 | 0.50 ×, **x wins** |
    """
    cases: dict[tuple[str, str], list[Figure]] = {}
    for each in figures:
        cases.setdefault((each.bench, each.case), []).append(each)
    lines = ["| what | unit | distill | peers | distill is better by |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *(_line(bench, case, found) for (bench, case), found in cases.items())])


def _line(bench: str, case: str, figures: Sequence[Figure]) -> str:
    ours = [each for each in figures if each.is_ours()]
    others = [each for each in figures if not each.is_ours()]
    better = "more" if figures[0].higher_is_better else "less"
    own = "; ".join(each.system.removeprefix(OURS).removeprefix(", ") + " " + shown(each) for each in ours).strip()
    cells = [f"{bench}: {case}", f"{figures[0].unit}, {better} is better", own or "–"]
    peers = [each for each in others if not each.is_limit]
    named = [f"{'limit: ' if each.is_limit else ''}{each.system} {shown(each)}" for each in others]
    cells += ["; ".join(named) or "–", _verdict(ours, peers)]
    return f"| {' | '.join(cells)} |"


def _verdict(ours: Sequence[Figure], peers: Sequence[Figure]) -> str:
    """How the first of ours compares with the best peer."""
    if not ours or not peers:
        return "–"
    own, peer = ours[0], _best(peers)
    if own.value == peer.value:
        return "equal"
    above, below = (own, peer) if own.higher_is_better else (peer, own)
    ratio = f"{above.value / below.value:.2f} ×" if below.value else f"{number(own.value)} to {number(peer.value)}"
    return ratio if (own.value > peer.value) == own.higher_is_better else f"{ratio}, **{peer.system} wins**"


def _best(figures: Sequence[Figure]) -> Figure:
    return (max if figures[0].higher_is_better else min)(figures, key=lambda each: each.value)


def shown(each: Figure) -> str:
    """The median, and the spread where there is one.

    >>> shown(Figure("b", "c", "s", "", 1234.5, "rows/s", 1000, 2000, True))
    '1,234 [1,000–2,000]'
    """
    if each.low == each.high:
        return number(each.value)
    return f"{number(each.value)} [{number(each.low)}–{number(each.high)}]"


def number(value: float) -> str:
    """Three digits, or all before the point.

    >>> number(12345.6), number(3.14159), number(0.00123), number(0.5), number(7)
    ('12,346', '3.14', '0.00123', '0.5', '7')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

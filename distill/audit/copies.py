"""Prompts that are copies of others, and traces that are the same text, in all rows."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from distill.audit.columns import Array, ComparedRows
from distill.audit.facts import NUM_EXHIBITS, DuplicateFacts, Exhibit, Proportion
from distill.audit.flagged import FlaggedFile, FlaggedTrace
from distill.audit.measures.finding import excerpt
from distill.audit.twins import Twins, find_twins, same_texts
from distill.prompts.overlap.chunk import Flags, Places

MIN_TRACE_CHARS = 200
"""Shorter traces are answers, which different prompts may well have in common."""
EXACT, NEAR, SAME_TRACE = "same prompt", "nearly the same prompt", "same trace"
HOW = (
    "Prompts are compared with all others by the rules of `distill prompts`: equal texts are always found, near ones "
    "by MinHash, where two that share 70 % of their features meet with probability 0.97. Traces of 200 characters and "
    "more are compared by 64-bit digests of their words; near copies among traces are not looked for."
)


class _Traces(NamedTuple):
    """Traces that are long enough to be compared."""

    rows: Places
    numbers: Places
    firsts: Places
    """For each the place of the first with the same text."""

    @property
    def copies(self) -> Places:
        """The places of those that are copies."""
        return np.flatnonzero(self.firsts != np.arange(len(self.firsts)))


def duplicate_facts(stored: ComparedRows, traces: dict[str, Array], flagged: FlaggedFile) -> DuplicateFacts | None:
    """What is there twice; None where no row has a prompt, and no trace is long enough. All copies are flagged."""
    asked, compared = stored.have_prompts(), _compared(traces)
    if not asked.any() and not len(compared.firsts):
        return None
    twins = find_twins(stored, asked)
    is_copy = twins.kept != np.arange(len(stored))
    sizes = np.bincount(twins.kept, minlength=len(stored))
    copies = compared.copies
    elsewhere = copies[_under_other_prompts(compared, copies, twins)]
    flagged.add(_copied_rows(stored, twins, is_copy))
    flagged.add(_copied_traces(stored, compared))
    return DuplicateFacts(
        copies=_of(int(is_copy.sum()), int(asked.sum())),
        num_exact=int((is_copy & twins.is_exact).sum()),
        num_near=int((is_copy & ~twins.is_exact).sum()),
        num_clusters=int((sizes > 1).sum()),
        largest_cluster=int(sizes.max()) if sizes.max() > 1 else 0,
        num_other_answers=len(twins.other_answers),
        same_traces=_of(len(copies), len(compared.firsts)),
        num_traces_under_other_prompts=len(elsewhere),
        worst=tuple(_clusters(stored, twins, sizes, is_copy)),
        worst_answers=tuple(_other_answers(stored, twins)),
        worst_traces=tuple(_same_traces(stored, compared, elsewhere)),
        how=HOW,
    )


def _of(num: int, num_examined: int) -> Proportion | None:
    return Proportion.of(num, num_examined) if num_examined else None


def _copied_rows(stored: ComparedRows, twins: Twins, is_copy: Flags) -> Iterator[FlaggedTrace]:
    for row in np.flatnonzero(is_copy).tolist():
        sign = EXACT if twins.is_exact[row] else NEAR
        why = f"it asks what {stored.texts(int(twins.kept[row])).where} asks"
        yield FlaggedTrace(where=stored.texts(row).where, measure="duplicates", sign=sign, why=why)


def _copied_traces(stored: ComparedRows, compared: _Traces) -> Iterator[FlaggedTrace]:
    for place in compared.copies.tolist():
        where, first = (
            trace_place(stored.texts(int(compared.rows[each])).where, int(compared.numbers[each]))
            for each in (place, int(compared.firsts[place]))
        )
        yield FlaggedTrace(where=where, measure="duplicates", sign=SAME_TRACE, why=f"it has the text of {first}")


def _compared(traces: dict[str, Array]) -> _Traces:
    long = np.flatnonzero(traces["num_chars"].view(np.int64) >= MIN_TRACE_CHARS)
    firsts = same_texts(traces["digest"].view(np.uint64)[long])
    return _Traces(traces["row"].view(np.int64)[long], traces["number"][long].astype(np.int64), firsts)


def _under_other_prompts(compared: _Traces, copies: Places, twins: Twins) -> Flags:
    """For each copy whether the first trace with its text answers another prompt."""
    ours, theirs = compared.rows[copies], compared.rows[compared.firsts[copies]]
    found: Flags = twins.kept[ours] != twins.kept[theirs]
    return found


def _clusters(stored: ComparedRows, twins: Twins, sizes: Places, is_copy: Flags) -> list[Exhibit]:
    """The largest sets of rows that say the same, each by its first row."""
    found = []
    for row in np.argsort(-sizes, kind="stable")[:NUM_EXHIBITS].tolist():
        if sizes[row] < 2:
            break
        others = np.flatnonzero((twins.kept == row) & is_copy)
        num_exact = int(twins.is_exact[others].sum())
        first = stored.texts(row)
        other = stored.texts(int(others[0])).where
        rows = "1 other row asks" if len(others) == 1 else f"{len(others):,} other rows ask"
        why = f"{rows} the same, {num_exact:,} in the same words; the next is {other}"
        found.append(Exhibit(where=first.where, excerpt=excerpt(first.prompt, 0, 0), why=why))
    return found


def _other_answers(stored: ComparedRows, twins: Twins) -> list[Exhibit]:
    found = []
    for row, other, _ in twins.other_answers[:NUM_EXHIBITS]:
        ours, theirs = stored.texts(row), stored.texts(other)
        why = f"its answer is {ours.answer:.60}, that of the same prompt in {theirs.where} is {theirs.answer:.60}"
        found.append(Exhibit(where=ours.where, excerpt=excerpt(ours.prompt, 0, 0), why=why))
    return found


def _same_traces(stored: ComparedRows, compared: _Traces, places: Places) -> list[Exhibit]:
    found = []
    for place in places[:NUM_EXHIBITS].tolist():
        first = int(compared.firsts[place])
        ours, theirs = (stored.texts(int(compared.rows[each])) for each in (place, first))
        there = trace_place(theirs.where, int(compared.numbers[first]))
        why = f"its trace is that of {there}, whose prompt is another one"
        where = trace_place(ours.where, int(compared.numbers[place]))
        found.append(Exhibit(where=where, excerpt=excerpt(ours.prompt, 0, 0), why=why))
    return found


def trace_place(row: str, number: int) -> str:
    """`FILE, row 12, trace 3`; 0 stands for the only trace of a row."""
    return f"{row}, trace {number}" if number else row

"""A chunk of rows ─▶ what is wrong with their traces, in counts, worst examples, and columns of numbers."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from string import whitespace
from typing import NamedTuple

import numpy as np

from distill.audit.columns import CUT, NOT_CUT, UNSTATED, WHOLE, Array
from distill.audit.facts import Exhibit
from distill.audit.flagged import FlaggedTrace
from distill.audit.labels import LabelCounts
from distill.audit.measures.cut import cut_signs
from distill.audit.measures.finding import TraceFinding, excerpt
from distill.audit.measures.licences import licence_sign
from distill.audit.measures.loops import loop_signs
from distill.audit.measures.tongues import tongues
from distill.audit.partial import MAX_FIRST, Partial
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.audit.worst import Worst
from distill.dataset.detectors import Tools
from distill.records import FinishReason
from distill.teacher.replies.endings import ending

LICENCE_CHARS = 200


class ReadTraces(NamedTuple):
    """The traces of one row of a dataset, one at least."""

    traces: tuple[TraceRow, ...]

    @property
    def first(self) -> TraceRow:
        """All have the same prompt."""
        return self.traces[0]

    @property
    def where(self) -> str:
        """The row's place, whichever traces it has."""
        return self.first.where.rpartition(", trace ")[0] if len(self.traces) > 1 else self.first.where


class TraceExam:
    """Counts what is wrong with the traces of a chunk, one after the other."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.counts: dict[str, Counter[str]] = {}
        self.licences: dict[str, Counter[str]] = {}
        self.worst = Worst()
        self.flagged: list[FlaggedTrace] = []
        self._set_aside: list[Exhibit] = []
        self._columns: dict[str, list[int]] = {
            name: [] for name in ("row", "number", "digest", "num_tokens", "num_chars", "state", "domain")
        }
        self._domains: dict[str, int] = {}

    def leave_out(self, unread: UnreadRow) -> None:
        """A row, or a trace of one, that could not be read."""
        self.count("set aside", unread.reason)
        if len(self._set_aside) < MAX_FIRST:
            self._set_aside.append(Exhibit(where=unread.where, excerpt="", why=unread.reason))

    def examine(self, place: int, row: ReadTraces) -> None:
        """All traces of the next row, which is the chunk's `place`th."""
        licence, source = row.first.license or "", row.first.source or ""
        self.licences.setdefault(licence[:LICENCE_CHARS], Counter())[source[:LICENCE_CHARS]] += 1
        for number, trace in enumerate(row.traces, start=1):
            signs = self._cut(trace)
            self._loops(trace)
            self._tongues(trace)
            self._remember(place, number if len(row.traces) > 1 else 0, trace, signs)

    def look_at_licence(self, row: ReadTraces) -> None:
        """Flag a row whose licence is left open, though its set has a column for it."""
        sign = licence_sign(row.first.license or "")
        if sign:
            self.flag("licences", row.where, sign, f"its licence is given as {row.first.license!r:.80}")

    def count(self, kind: str, name: str = "") -> None:
        """One more."""
        self.counts.setdefault(kind, Counter())[name] += 1

    def show(self, measure: str, trace: TraceRow, finding: TraceFinding) -> None:
        """Perhaps one of the worst."""
        exhibit = Exhibit(where=trace.where, excerpt=finding.excerpt, why=finding.why)
        self.worst.add(measure, finding.score, exhibit)

    def flag(self, measure: str, where: str, sign: str, why: str) -> None:
        """Something is wrong with a trace, or with a row."""
        self.flagged.append(FlaggedTrace(where=where, measure=measure, sign=sign, why=why))

    def columns(self) -> dict[str, Array]:
        """What is kept of each trace."""
        return {
            name: np.array(values, np.uint64 if name == "digest" else np.int64)
            for name, values in self._columns.items()
        }

    def partial(self, num_rows: int, problems: dict[str, tuple[str, ...]], labels: LabelCounts) -> Partial:
        """All counts, with those that were made elsewhere."""
        return Partial(
            num_rows=num_rows,
            num_traces=len(self._columns["row"]),
            counts={kind: dict(counts) for kind, counts in self.counts.items()},
            licences={licence: dict(sources) for licence, sources in self.licences.items()},
            problems=problems,
            labels=labels,
            domains=tuple(self._domains),
            set_aside=tuple(self._set_aside),
            worst=self.worst.lists(),
            flagged=tuple(self.flagged),
        )

    def _cut(self, trace: TraceRow) -> list[TraceFinding]:
        """Certain signs; hints are counted apart."""
        found = cut_signs(trace)
        for sign in found:
            self.count("cut signs" if sign.is_certain else "cut hints", sign.sign)
        certain = [sign for sign in found if sign.is_certain]
        self._flag("truncation", trace, certain)
        if certain:
            self.show("truncation", trace, _joined(certain))
        return certain

    def _loops(self, trace: TraceRow) -> None:
        found = loop_signs(trace, self._tools)
        self._flag("repetition", trace, found)
        for sign in found:
            self.count("loop signs", sign.sign)
        if found:
            self.count("looping")
            self.show("repetition", trace, _joined(found))

    def _tongues(self, trace: TraceRow) -> None:
        found = tongues(trace)
        self._flag("languages", trace, found.findings)
        if found.prompt and found.trace:
            self.count("pairs", f"{found.prompt} ─▶ {found.trace}")
        if found.prompt and found.answer:
            self.count("answers told")
        for sign in {sign.sign for sign in found.findings}:
            self.count("tongue signs", sign)
        for language in found.switched_to:
            self.count("switched to", language)
        if found.findings:
            self.show("languages", trace, _joined(found.findings))

    def _flag(self, measure: str, trace: TraceRow, found: Sequence[TraceFinding]) -> None:
        for sign in found:
            self.flag(measure, trace.where, sign.sign, sign.why)

    def _remember(self, place: int, number: int, trace: TraceRow, signs: Sequence[TraceFinding]) -> None:
        tokens, chars = trace.num_tokens, len(trace.completion)
        is_whole = bool(trace.finish) and ending(trace.finish or "") is FinishReason.STOP
        values = {
            "row": place,
            "number": number,
            "digest": text_digest(trace.completion),
            "num_tokens": UNSTATED if tokens is None else tokens,
            "num_chars": chars,
            "state": CUT if signs else WHOLE if is_whole else NOT_CUT,
            "domain": self._domains.setdefault(trace.domain or "", len(self._domains)),
        }
        for name, value in values.items():
            self._columns[name].append(value)
        start = excerpt(trace.completion, 0, 0)
        if tokens is not None:
            self.show("longest in tokens", trace, TraceFinding("", float(tokens), f"{tokens:,} tokens", start))
        self.show("longest in characters", trace, TraceFinding("", float(chars), f"{chars:,} characters", start))


def text_digest(text: str) -> int:
    """64 bits, equal for texts that are equal but for blanks, which are left out.

    That any two of ten million different texts have the same ones happens once in some 400,000 audits.
    """
    if text.isascii():
        whole = text.encode("ascii").translate(None, whitespace.encode("ascii"))
    else:
        whole = "".join(text.split()).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest())


def _joined(found: Sequence[TraceFinding]) -> TraceFinding:
    """Several signs of one trace as one example: that of the worst, and all reasons."""
    worst = max(found, key=lambda sign: sign.score)
    return worst._replace(why="; ".join(dict.fromkeys(sign.why for sign in found)))

"""The work of an audit on a chunk of rows, as it is done in every process."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from distill.audit.against import Against, Hit, NamedProblems
from distill.audit.columns import RowTexts, row_arrays
from distill.audit.exam import ReadTraces, TraceExam
from distill.audit.labels import LabelCounts, TraceChecker, disagreements, exhibit
from distill.audit.measures.finding import TraceFinding, excerpt
from distill.audit.plan import Chunk
from distill.audit.reading import traces_of
from distill.audit.roles.roles import Roles
from distill.audit.state import WorkFolder
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.dataset.reasons import default_tools
from distill.errors import InputError
from distill.prompts.intake import reference_text
from distill.prompts.overlap.chunk import TokenChunk
from distill.prompts.overlap.content import content
from distill.prompts.overlap.fingerprints import Fingerprints, fingerprints
from distill.prompts.overlap.puzzle import puzzle_key
from distill.prompts.overlap.readings import all_signs
from distill.prompts.overlap.text import tokens
from distill.recipe.sections import VerifySection
from distill.references import Scorer


class AuditWork(NamedTuple):
    """What every process needs."""

    out: Path
    roles: tuple[Roles, ...]
    """Of each dataset."""
    benchmarks: tuple[NamedProblems, ...]

    def set_up(self) -> "AuditWorker":
        """A worker for this process."""
        return AuditWorker(self)

    def describe(self, chunk: Chunk) -> str:
        """The rows of a chunk, for messages."""
        return chunk.label


class AuditWorker:
    """Examines chunks and puts what it finds into the work folder."""

    def __init__(self, work: AuditWork) -> None:
        self._roles = work.roles
        self._folder = WorkFolder(work.out)
        self._against = Against(work.benchmarks) if work.benchmarks else None
        self._checker = TraceChecker(VerifySection(workers=1))
        self._tools = default_tools()

    def __call__(self, chunk: Chunk) -> int:
        """Examine a chunk; returns how many rows it has."""
        exam = TraceExam(self._tools)
        rows = list(self._read(chunk, exam))
        for place, row in enumerate(rows):
            exam.examine(place, row)
            if self._roles[chunk.source].license is not None:
                exam.look_at_licence(row)
        texts = [_texts(row) for row in rows]
        found = tokens([text.prompt for text in texts])
        words = content(found)
        problems = self._compare(rows, texts, words, exam)
        known = _known(texts, found, words)
        part = exam.partial(len(chunk.rows), problems, self._check(rows, exam))
        self._folder.put(chunk.number, part, row_arrays(known, texts), exam.columns())
        return len(chunk.rows)

    def close(self) -> None:
        """End the verifiers' processes."""
        self._checker.__exit__(None, None, None)

    def _read(self, chunk: Chunk, exam: TraceExam) -> list[ReadTraces]:
        """The rows with a trace."""
        found = []
        for row, where in chunk.rows:
            if isinstance(row, InputError):
                exam.leave_out(UnreadRow(where, str(row)))
                continue
            traces: list[TraceRow] = []
            for trace in traces_of(row, where, self._roles[chunk.source]):
                if isinstance(trace, UnreadRow):
                    exam.leave_out(trace)
                else:
                    traces.append(trace)
            if traces:
                found.append(ReadTraces(tuple(traces)))
        return found

    def _check(self, rows: Sequence[ReadTraces], exam: TraceExam) -> LabelCounts:
        """Ask the verifiers about all traces with a reference."""
        checked = self._checker.judge(trace for row in rows for trace in row.traces)
        exhibit(checked, exam.worst)
        exam.flagged += disagreements(checked)
        return LabelCounts.of(checked)

    def _compare(
        self, rows: Sequence[ReadTraces], texts: Sequence[RowTexts], words: TokenChunk, exam: TraceExam
    ) -> dict[str, tuple[str, ...]]:
        """Count the prompts that repeat benchmarks' problems; returns which problems those are."""
        problems: dict[str, dict[str, None]] = {}
        for text in texts:
            if text.prompt.strip():
                exam.count("prompts")
        if self._against is None:
            return {}
        hits = self._against.hits([text.prompt for text in texts], [text.answer for text in texts], words)
        for row, text, hit in zip(rows, texts, hits, strict=True):
            if hit is not None:
                problems.setdefault(hit.benchmark, {})[hit.problem] = None
                exam.count(f"rules of {hit.benchmark}", hit.rule)
                finding = _finding(row.first, hit)
                exam.show(f"contamination by {hit.benchmark}", row.first, finding)
                exam.flag("contamination", text.where, f"{hit.rule} in {hit.benchmark}", finding.why)
        return {benchmark: tuple(found) for benchmark, found in problems.items()}


def _finding(trace: TraceRow, hit: Hit) -> TraceFinding:
    why = f"{hit.rule}: it repeats {hit.problem} ({hit.score:.0%} of its content)"
    return TraceFinding(hit.rule, hit.score, why, excerpt(trace.prompt, 0, 0))


def _texts(row: ReadTraces) -> RowTexts:
    trace = row.first
    key = puzzle_key(trace.reference, trace.prompt) if isinstance(trace.reference, Scorer) else ""
    return RowTexts(row.where, trace.prompt, reference_text(trace.reference), key)


def _known(texts: Sequence[RowTexts], found: TokenChunk, words: TokenChunk) -> Fingerprints:
    """What rows are compared by. A puzzle is its key: equal keys are one puzzle, others are not even compared."""
    known = fingerprints([text.prompt for text in texts], found, words)
    for number, text in enumerate(texts):
        if text.key:
            sign = all_signs(text.key)
            known.exact[number] = known.numbers.sets[number] = np.uint64(sign)
            known.readings.set(number, text.key)
    return known

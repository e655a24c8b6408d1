"""What the chunks of an audit found ─▶ the facts of the whole."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from distill.audit.against import NamedProblems
from distill.audit.columns import CUT, ROW_TYPES, TRACE_TYPES, UNSTATED, WHOLE, Array, ColumnFiles, ComparedRows
from distill.audit.copies import duplicate_facts, trace_place
from distill.audit.facts import (
    BenchmarkFacts,
    DuplicateFacts,
    LanguageFacts,
    LengthFacts,
    LicenceFacts,
    Proportion,
    RepetitionFacts,
    TruncationFacts,
)
from distill.audit.flagged import FlaggedFile, FlaggedTrace
from distill.audit.measures.cut import AT_LIMIT
from distill.audit.measures.lengths import lengths_by_domain, limit_of
from distill.audit.measures.licences import licence_facts
from distill.audit.measures.tongues import ANSWER, SWITCH, TRACE
from distill.audit.partial import MAX_NAMES, OTHERS, GatheredCounts
from distill.audit.state import WorkFolder
from distill.prompts.overlap.chunk import Flags

MAX_DOMAINS = min(MAX_NAMES, 200)


class Whole(NamedTuple):
    """All that the chunks found."""

    gathered: GatheredCounts
    rows: ComparedRows
    traces: dict[str, Array]
    domains: tuple[str, ...]

    @property
    def num_traces(self) -> int:
        """How many were examined."""
        return len(self.traces["row"])


def gather(folder: WorkFolder, flagged: FlaggedFile) -> Whole:
    """Read all chunks in order, and put their columns and flagged traces one after the other."""
    gathered, names, num_rows = GatheredCounts(), dict[str, int](), 0
    rows = ColumnFiles(folder.path / "rows", ROW_TYPES)
    traces = ColumnFiles(folder.path / "traces", TRACE_TYPES)
    for part, row_columns, trace_columns in folder.chunks():
        gathered.add(part)
        flagged.add(part.flagged)
        places = np.array([_place(name, names) for name in part.domains], np.int64)
        trace_columns["row"] = trace_columns["row"] + num_rows
        trace_columns["domain"] = places[trace_columns["domain"].astype(np.int64)] if len(places) else places
        rows.add(row_columns)
        traces.add(trace_columns)
        num_rows += len(row_columns["exact"])
    return Whole(gathered, ComparedRows(rows.close()), traces.close(), tuple(names))


def contamination(whole: Whole, benchmarks: tuple[NamedProblems, ...]) -> tuple[BenchmarkFacts, ...]:
    """What was found of each benchmark; there is a prompt at least."""
    found = whole.gathered
    num_prompts = found.count("prompts")
    facts = []
    for name, problems in benchmarks:
        rules = found.told(f"rules of {name}")
        facts.append(
            BenchmarkFacts(
                benchmark=name,
                num_problems=len({problem.label for problem in problems}),
                prompts=Proportion.of(sum(rules.values()), num_prompts),
                num_problems_hit=len(found.problems.get(name, ())),
                rules=rules,
                worst=found.worst[f"contamination by {name}"],
            )
        )
    return tuple(facts)


def languages(whole: Whole) -> LanguageFacts:
    """The languages of all traces."""
    found = whole.gathered
    pairs = found.told("pairs")
    return LanguageFacts(
        trace_differs=_of(found.count("tongue signs", TRACE), sum(pairs.values())),
        answer_differs=_of(found.count("tongue signs", ANSWER), found.count("answers told")),
        switches=_of(found.count("tongue signs", SWITCH), whole.num_traces),
        pairs=pairs,
        scripts=found.told("switched to"),
        worst=found.worst["languages"],
    )


def truncation(whole: Whole, flagged: FlaggedFile) -> TruncationFacts:
    """Cut traces. The limit at which many end together is known only now, and who ends there is flagged."""
    found, state = whole.gathered, whole.traces["state"].view(np.uint8)
    tokens, chars = (whole.traces[name].view(np.int64) for name in ("num_tokens", "num_chars"))
    are_stated = tokens != UNSTATED
    counts = tokens if are_stated.any() else chars
    known = are_stated if are_stated.any() else chars > 0
    limit = limit_of(counts[known])
    at_limit = known & (counts == limit) & (state != WHOLE) if limit is not None else np.zeros(len(state), np.bool_)
    signs = found.told("cut signs") | ({AT_LIMIT: int(at_limit.sum())} if at_limit.any() else {})
    unit, many = ("tokens", "longest in tokens") if are_stated.any() else ("characters", "longest in characters")
    why = f"it ends at {limit or 0:,} {unit}, as many others do"
    flagged.add(_flags(whole, at_limit, why))
    piled = [
        each.exhibit.model_copy(update={"why": why})
        for each in found.worst.ranked(many)
        if at_limit.any() and each.score == limit
    ]
    return TruncationFacts(
        traces=Proportion.of(int(((state == CUT) | at_limit).sum()), whole.num_traces),
        signs=signs,
        hints=found.told("cut hints"),
        maximal_count=limit if at_limit.any() else None,
        worst=(found.worst["truncation"] or tuple(piled)),
    )


def _flags(whole: Whole, chosen: Flags, why: str) -> Iterator[FlaggedTrace]:
    rows, numbers = whole.traces["row"].view(np.int64), whole.traces["number"]
    for place in np.flatnonzero(chosen).tolist():
        where = trace_place(whole.rows.texts(int(rows[place])).where, int(numbers[place]))
        yield FlaggedTrace(where=where, measure="truncation", sign=AT_LIMIT, why=why)


def repetition(whole: Whole) -> RepetitionFacts:
    """Traces that run in circles."""
    found = whole.gathered
    return RepetitionFacts(
        traces=Proportion.of(found.count("looping"), whole.num_traces),
        signs=found.told("loop signs"),
        worst=found.worst["repetition"],
    )


def lengths(whole: Whole) -> LengthFacts:
    """Lengths in tokens where the set states all of them, else in characters."""
    tokens, chars = (whole.traces[name].view(np.int64) for name in ("num_tokens", "num_chars"))
    are_all = bool((tokens != UNSTATED).all())
    counts, is_empty = (tokens if are_all else chars), chars == 0
    domains = whole.traces["domain"].astype(np.int64)
    shown = np.minimum(domains, MAX_DOMAINS)
    names = (*whole.domains[:MAX_DOMAINS], OTHERS)
    return LengthFacts(
        unit="tokens" if are_all else "characters",
        domains=tuple(lengths_by_domain(counts[~is_empty], shown[~is_empty], names)),
        num_empty=int(is_empty.sum()),
        worst=whole.gathered.worst["longest in tokens" if are_all else "longest in characters"],
    )


def licences(whole: Whole) -> LicenceFacts | None:
    """Licences of rows; None where none is stated."""
    return licence_facts(whole.gathered.licences)


def duplicates(whole: Whole, flagged: FlaggedFile) -> DuplicateFacts | None:
    """What is there twice, whose copies are flagged; None where there is nothing to compare."""
    return duplicate_facts(whole.rows, whole.traces, flagged)


def _of(num: int, num_examined: int) -> Proportion | None:
    return Proportion.of(num, num_examined) if num_examined else None


def _place(name: str, names: dict[str, int]) -> int:
    """The number of a domain; of too many different ones the later are one."""
    if len(names) < MAX_NAMES or name in names:
        return names.setdefault(name, len(names))
    return names.setdefault(OTHERS, len(names))

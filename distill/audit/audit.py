"""Datasets of traces ─▶ a report on what is wrong with them.

Rows are read once, in chunks, which worker processes examine; what they find lies in a work folder until all are there.
So an audit that was killed goes on where it was. Memory holds the chunks under way and some fifty bytes of each row.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from distill import __version__
from distill.audit import totals
from distill.audit.against import NamedProblems, read_against
from distill.audit.facts import AuditFacts, ColumnRole
from distill.audit.flagged import FILE as FLAGGED
from distill.audit.flagged import FlaggedFile
from distill.audit.labels import label_facts
from distill.audit.page import write_page
from distill.audit.plan import CHUNK_ROWS, AuditOptions, Chunks, num_rows_known
from distill.audit.rows import TraceSource, open_sources
from distill.audit.state import Settings, WorkFolder
from distill.audit.worker import AuditWork
from distill.cluster.fan_out import Here, fan_out
from distill.errors import InputError
from distill.files import replacing, write_whole
from distill.progress import say, stage
from distill.store.lock import Lock

FACTS, PAGE = "audit.json", "audit.html"
FEW_ROWS = 4 * CHUNK_ROWS
"""Fewer are examined in this process, before others would have started."""


def audit(names: Sequence[str], out: Path, options: AuditOptions) -> AuditFacts:
    """Examine datasets; writes `audit.json`, `audit.html` and `flagged.jsonl` into `out`.

    Raises InputError or HubError where a dataset or a benchmark cannot be read, or no trace is found, and RunError
    where `out` holds an audit that was begun under other settings, or one under way.
    """
    sources = open_sources(names, options.columns)
    for source in sources:
        say(f"{source.name}: {source.roles.said()}")
        for note in source.roles.notes:
            say(note)
    benchmarks = read_against(options.against)
    with Lock(out):
        folder = WorkFolder(out)
        done = folder.begin(_settings(sources, benchmarks, options))
        _examine(sources, benchmarks, options, out, done)
        with replacing(out / FLAGGED) as partial, partial.open("wb") as file:
            flagged = FlaggedFile(file)
            facts = _facts(totals.gather(folder, flagged), sources, benchmarks, options, flagged)
        write_whole(out / FACTS, facts.model_dump_json(indent=2) + "\n")
        write_page(facts, out / PAGE)
        folder.remove()
    return facts


def _examine(
    sources: Sequence[TraceSource],
    benchmarks: tuple[NamedProblems, ...],
    options: AuditOptions,
    out: Path,
    done: dict[int, int],
) -> None:
    """Examine all chunks that are not done."""
    num_rows = num_rows_known(sources, options.num_rows)
    is_small = 0 < num_rows - sum(done.values()) <= FEW_ROWS
    num_processes = 1 if is_small else options.num_workers or os.cpu_count() or 1
    work = AuditWork(out, tuple(source.roles for source in sources), benchmarks)
    with stage("audit", num_rows) as tally:
        tally.skip(sum(done.values()))
        for num in fan_out(Chunks(sources, options.num_rows, done), work, Here(num_processes)):
            tally.move(tally.num_done + num, tally.total, "")


def _settings(sources: Sequence[TraceSource], benchmarks: tuple[NamedProblems, ...], options: AuditOptions) -> Settings:
    """What two audits must have in common for one to go on with the other's chunks."""
    files: dict[str, JsonValue] = {}
    for file in (file for source in sources for file in source.files):
        about = file.path.stat()
        files[f"bytes and time of {file.name}"] = [about.st_size, about.st_mtime_ns]
    return files | {
        "distill": __version__,
        "datasets": [source.name for source in sources],
        "roles": [source.roles.said() for source in sources],
        "against": {benchmark.name: len(benchmark.problems) for benchmark in benchmarks},
        "columns": dict(options.columns),
        "num_rows": options.num_rows,
        "chunk_rows": CHUNK_ROWS,
    }


def _facts(
    whole: totals.Whole,
    sources: Sequence[TraceSource],
    benchmarks: tuple[NamedProblems, ...],
    options: AuditOptions,
    flagged: FlaggedFile,
) -> AuditFacts:
    found = whole.gathered
    names = tuple(source.name for source in sources)
    if not whole.num_traces:
        raise _no_trace(whole, names)
    have_prompts = found.count("prompts") > 0
    licences, duplicates = totals.licences(whole), totals.duplicates(whole, flagged)
    labels = label_facts(found.labels, found.worst)
    return AuditFacts(
        distill_version=__version__,
        datasets=names,
        command=options.command,
        num_rows=found.num_rows,
        num_traces=whole.num_traces,
        num_set_aside=sum(found.told("set aside").values()),
        set_aside=found.told("set aside"),
        set_aside_worst=tuple(found.set_aside),
        is_partial=options.num_rows is not None,
        roles=_roles(sources),
        contamination=totals.contamination(whole, benchmarks) if benchmarks and have_prompts else None,
        duplicates=duplicates,
        labels=labels,
        languages=totals.languages(whole),
        truncation=totals.truncation(whole, flagged),
        repetition=totals.repetition(whole),
        lengths=totals.lengths(whole),
        licences=licences,
        not_examined=_why_not(
            contamination=(bool(benchmarks), have_prompts),
            duplicates=duplicates is not None,
            labels=labels is not None,
            licences=licences is not None,
        ),
    )


def _why_not(*, contamination: tuple[bool, bool], duplicates: bool, labels: bool, licences: bool) -> dict[str, str]:
    """Why measures could not be examined, by name; of contamination whether there is a benchmark, and a prompt."""
    is_any, have_prompts = contamination
    reasons = {
        "contamination": "no benchmark was named" if not is_any else "" if have_prompts else "no row has a prompt",
        "duplicates": "" if duplicates else "no row has a prompt, and no trace is long enough to be compared",
        "labels": "" if labels else "no trace comes with an answer, options, constraints or tests to check against",
        "licences": "" if licences else "no row states a licence",
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _roles(sources: Sequence[TraceSource]) -> tuple[ColumnRole, ...]:
    """What was read from where."""
    return tuple(
        ColumnRole(dataset=source.name, role=role, where=where)
        for source in sources
        for role, where in source.roles.lines()
    )


def _no_trace(whole: totals.Whole, names: Sequence[str]) -> InputError:
    found = whole.gathered
    return InputError(
        f"No trace was found in {found.num_rows:,} rows of {', '.join(names)}; of the first is said: "
        f"{found.set_aside[0].why}. Name its columns: --map trace=COLUMN"
    )

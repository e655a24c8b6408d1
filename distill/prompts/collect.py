"""sources ─▶ prompt rows: imported, normalised, freed of duplicates and of benchmark problems.

Rows are read once, in chunks. Worker processes, here or on Ray, map and normalise them, compare them with the
benchmarks, check their references, and reduce each to a fingerprint; few rows are not worth a process and stay in
this one. Rows that may stay go to a file beside `--out`. Once all fingerprints are there the duplicates are known, and
that file is read once more. Memory holds fingerprints and ids only, half a kilobyte a row.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import JsonValue

from distill import __version__
from distill.cluster.fan_out import Here, OnRay, fan_out
from distill.errors import InputError
from distill.files import write_whole
from distill.progress import LINE_INTERVAL_S, say
from distill.prompts.difficulty import NO_CUT, Cut, Pilot, cut_by_difficulty
from distill.prompts.funnel import Fate, Funnel
from distill.prompts.intake import Decided, DroppedRow, KeptRow, Problems, SourceRow, problems_of
from distill.prompts.order import Order
from distill.prompts.overlap.duplicates import Duplicate, Duplicates
from distill.prompts.sources.licence import licensed
from distill.prompts.sources.recognise import recognise_all
from distill.prompts.sources.source import Source, parse_benchmark, parse_source
from distill.prompts.view import why_nothing
from distill.prompts.waiting import WaitingRows
from distill.prompts.workers import PromptWork
from distill.rows.parse import Row
from distill.rows.prompt_file import check_name, whole_file
from distill.rows.read import file_digest

CHUNK = 1000
"""Rows that a worker takes at a time."""
NUM_WORKERS = 2
STATED = {"dataset", "config", "split", "revision", "columns", "license", "citation"}
"""Of a source's preset, in the manifest: what was read, and as what."""
FEW_CHUNKS = 20
"""Fewer are decided on in this process, before others would have started."""


def collect_prompts(order: Order, out: Path, pilot: Pilot | None = None) -> Funnel:
    """Write the prompts of all sources to `out`, what was dropped beside it, and a manifest.

    `pilot` rates them; without one bands go by the rates that rows state. Raises InputError where nothing is left, for
    sources and benchmarks that cannot be read, and where no prompt has a rate.
    """
    check_name(out)
    sources = _recognised([parse_source(name, order.columns) for name in order.sources])
    sources = [licensed(source, order.license) for source in sources]
    problems = read_benchmarks(order.benchmarks)
    funnel = Funnel()
    dropped = out.with_name(out.name + ".dropped.jsonl")
    waiting = out.with_name(out.name + ".waiting")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole_file(dropped) as drops, waiting.open("w+b") as file:
            rows = WaitingRows(file)
            duplicates = _separate(_decided(order, sources, problems), rows, drops, funnel)
            found = duplicates.find(rows)
            cut = _cut(rows, found, order, pilot)
            gone = {duplicate.row for duplicate in found}.union(cut.reasons)
            _count_differing(rows, duplicates, gone, funnel)
            is_any_left = len(duplicates) > len(gone)  # else an earlier output stays
            with whole_file(out) if is_any_left else Path(os.devnull).open("wb") as kept:
                _keep(rows, found, cut, kept, drops, funnel)
    finally:
        waiting.unlink(missing_ok=True)
    if not funnel.total(Fate.KEPT):
        more = " Without --band all are kept, and a table shows how their pass rates lie." if order.bands else ""
        raise InputError(f"Nothing of {', '.join(order.sources)} is left{why_nothing(funnel, dropped)}{more}")
    _write_manifest(order, sources, pilot, len(problems), funnel, out)
    return funnel


def _recognised(sources: Sequence[Source]) -> list[Source]:
    """The sources with the presets that read their rows; says how rows are read whose form was found."""
    found = list(recognise_all(sources))
    for sentence in (sentence for each in found for sentence in each.said):
        say(sentence)
    return [each.source for each in found]


def _decided(order: Order, sources: Sequence[Source], problems: Problems) -> Iterator[Decided]:
    """All rows of all sources, in order, each decided on."""
    rows = (
        SourceRow(source.name, source.preset, located)
        for source in sources
        for located in source.rows(order.size, order.seed)
    )
    chunks, work = _chunks(rows), PromptWork(problems)
    if order.ray is not None:
        return fan_out(chunks, work, OnRay(order.ray, order.workers))
    few = list(islice(chunks, FEW_CHUNKS))
    num_workers = 1 if len(few) < FEW_CHUNKS else order.workers or NUM_WORKERS
    return fan_out(chain(few, chunks), work, Here(num_workers))


def _separate(chunks: Iterator[Decided], waiting: WaitingRows, drops: BinaryIO, funnel: Funnel) -> Duplicates:
    """Write rows that stay to `waiting` and the others to `drops`; returns the fingerprints of those that stay.

    Says how far it is now and then; of few sources it is known how many rows are still to come.
    """
    duplicates, last = Duplicates(), time.monotonic()
    for rows, known in chunks:
        for row in rows:
            if isinstance(row, DroppedRow):
                funnel.add(row.source, row.domain, row.fate, row.reason)
                drops.write(orjson.dumps(row.record) + b"\n")
            else:
                waiting.add(row)
        duplicates.add(known, [row.rank for row in rows if isinstance(row, KeptRow)])
        if time.monotonic() - last >= LINE_INTERVAL_S:
            last, num_dropped = time.monotonic(), funnel.total()
            say(f"prompts: {len(duplicates) + num_dropped:,} rows read, {num_dropped:,} dropped")
    return duplicates


def _chunks(rows: Iterator[SourceRow]) -> Iterator[list[SourceRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def read_benchmarks(names: Sequence[str]) -> Problems:
    """The problems of all benchmarks; rows that hold none are named and left out."""
    problems: Problems = []
    for name in names:
        (source,) = _recognised([parse_benchmark(name)])
        found: Problems = []
        for row, where in source.rows(None, 0):
            try:
                if isinstance(row, InputError):
                    raise row
                found += problems_of(row, source.preset, where)
            except InputError as error:
                say(f"{where}: {error}; nothing can be compared with it.")
        if not found:
            raise InputError(f"The benchmark {name} holds no problems, so nothing could be decontaminated against it.")
        problems += found
    return problems


def _cut(waiting: WaitingRows, found: list[Duplicate], order: Order, pilot: Pilot | None) -> Cut:
    """What a pilot and bands make of the rows that are no duplicates."""
    if pilot is None and not order.bands:
        return NO_CUT
    duplicates = {duplicate.row for duplicate in found}
    rows = ((number, orjson.loads(row.line)) for number, row in enumerate(waiting) if number not in duplicates)
    return cut_by_difficulty(rows, order.bands, order.seed, pilot)


def _keep(
    waiting: WaitingRows, found: list[Duplicate], cut: Cut, kept: BinaryIO, drops: BinaryIO, funnel: Funnel
) -> None:
    """Copy rows that stay to `kept`, and write the others to `drops`: duplicates, and what no band takes."""
    funnel.bands = cut.counts
    by_row = {duplicate.row: duplicate for duplicate in found}
    names = {number: waiting[number] for number in {duplicate.kept for duplicate in found}}
    seen: set[str] = set()
    for number, (source, where, domain, row_id, lacks, line) in enumerate(waiting):
        duplicate = by_row.get(number)
        if duplicate is not None:
            head = names[duplicate.kept]
            funnel.add(source, domain, Fate.DUPLICATE)
            drops.write(_duplicate_line(duplicate, orjson.loads(line), where, head.id, head.where))
            continue
        rated = cut.with_rate(number, line)
        if reason := cut.reasons.get(number):
            funnel.add(source, domain, Fate.OUTSIDE, reason)
            drops.write(_outside_line(reason, orjson.loads(rated), where))
            continue
        funnel.add(source, domain, Fate.KEPT)
        for what in lacks:
            funnel.lose(source, what)
        kept.write(rated if row_id not in seen else _renamed(rated, where))
        seen.add(row_id)


def _count_differing(waiting: WaitingRows, duplicates: Duplicates, gone: set[int], funnel: Funnel) -> None:
    """Count the kept rows that read like another one and are another problem after all."""
    for row, _, what in duplicates.differing:
        if row not in gone:
            funnel.lose(waiting[row].source, f"a near twin, told apart by its {what}")


def _duplicate_line(duplicate: Duplicate, row: Mapping[str, object], where: str, kept: str, kept_where: str) -> bytes:
    record = {
        "reason": "duplicate",
        "id": row["id"],
        "cluster": kept,
        "cluster_where": kept_where,
        "similarity": duplicate.similarity,
        "is_exact": duplicate.is_exact,
        "where": where,
        "source": row.get("source"),
        "prompt": row["prompt"],
    }
    return orjson.dumps(record) + b"\n"


def _outside_line(reason: str, row: Row, where: str) -> bytes:
    columns = ("id", "pass_rate", "num_pilot_samples", "source", "prompt")
    told = {name: row.get(name) for name in columns}
    return orjson.dumps({"reason": Fate.OUTSIDE.value, "why": reason, "where": where, **told}) + b"\n"


def _renamed(line: bytes, where: str) -> bytes:
    """The row with its place added to its id, which another row has too."""
    row = orjson.loads(line)
    return orjson.dumps(row | {"id": f"{row['id']} ({where})"}) + b"\n"


def _write_manifest(
    order: Order, sources: Sequence[Source], pilot: Pilot | None, num_problems: int, funnel: Funnel, out: Path
) -> None:
    files = [source.file for source in sources if source.file is not None]
    files += [path for name in order.benchmarks if (path := Path(name.rpartition("=")[2])).is_file()]
    manifest: dict[str, JsonValue] = {
        "distill": __version__,
        "order": order.model_dump(mode="json", exclude={"workers", "ray"}),
        "sources": [
            {"name": source.name, **source.preset.model_dump(mode="json", include=STATED)} for source in sources
        ],
        "files": {str(file): file_digest(file) for file in files},
        "num_benchmark_problems": num_problems,
        "pilot": [run.model_dump(mode="json") for run in pilot.runs] if pilot else None,
        "funnel": funnel.counts(),
        "sha256": file_digest(out),
    }
    write_whole(out.with_name(out.name + ".manifest.json"), json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")

"""A dataset of which it is known what is wrong with it: faults and look-alikes among healthy rows, in six shapes."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tests.audit.planting.kinds import ANSWERED, KINDS, SHAPES, Kind
from tests.audit.planting.texts import answer, reasoning
from tests.audit.planting.trace import ORIGINAL, Maker, Planted

Row = dict[str, object]
FAULTS_OF, LOOK_ALIKES_OF = 0.03, 0.02
"""Shares of all rows that are planted for each measure: 300 and 200 of 10,000."""
MEASURES = tuple(dict.fromkeys(kind.measure for kind in KINDS))


class PlantedSet(NamedTuple):
    """Files, and the truth about each trace in them."""

    files: tuple[Path, ...]
    benchmark: Path
    truth: dict[str, Planted]
    """By the place as an audit names it."""


def plant(folder: Path, num_rows: int, seed: int, kinds: Sequence[Kind] = KINDS) -> PlantedSet:
    """Write some `num_rows` rows with faults of these kinds, the same for the same seed."""
    maker = Maker(seed, num_rows // 10)
    rows: dict[str, list[tuple[Planted, ...]]] = defaultdict(list)
    for shape, traces in _rows(maker, num_rows, kinds):
        rows[shape].append(traces)
    truth: dict[str, Planted] = {}
    files = []
    for shape in SHAPES:
        maker.chance.shuffle(rows[shape])
        files.append(_write(folder, shape, [_shaped(shape, traces) for traces in rows[shape]]))
        for number, traces in enumerate(rows[shape], start=1):
            for place, trace in enumerate(traces, start=1):
                where = f"{files[-1]}, row {number}" + (f", trace {place}" if shape == "openr1" else "")
                truth[where] = trace
    benchmark = folder / "benchmark.jsonl"
    benchmark.write_text("".join(json.dumps({"problem": text}) + "\n" for text in maker.benchmark))
    return PlantedSet(tuple(files), benchmark, truth)


def _rows(maker: Maker, num_rows: int, kinds: Sequence[Kind]) -> Iterator[tuple[str, tuple[Planted, ...]]]:
    """Shapes and their rows; a row has one trace, or several of one prompt."""
    made = 0
    for kind, number in _numbers(num_rows, kinds).items():
        for _ in range(number):
            shape = maker.chance.choice(kind.shapes)
            for trace in _planted(maker, kind, shape):
                made += 1
                yield shape, _traces(maker, shape, trace)
    for _ in range(num_rows - made):
        shape = maker.chance.choice(SHAPES)
        yield shape, _traces(maker, shape, maker.healthy(with_answer=shape in ANSWERED))


def _numbers(num_rows: int, kinds: Sequence[Kind]) -> dict[Kind, int]:
    alike: dict[tuple[str, bool], list[Kind]] = defaultdict(list)
    for kind in kinds:
        alike[kind.measure, kind.is_fault].append(kind)
    wanted = {is_fault: round(num_rows * (FAULTS_OF if is_fault else LOOK_ALIKES_OF)) for is_fault in (True, False)}
    return {
        kind: wanted[is_fault] // len(group) + (place < wanted[is_fault] % len(group))
        for (_, is_fault), group in alike.items()
        for place, kind in enumerate(group)
    }


def _planted(maker: Maker, kind: Kind, shape: str) -> tuple[Planted, ...]:
    made = kind.make(maker, maker.healthy(with_answer=shape in ANSWERED))
    several = (made,) if isinstance(made, Planted) else made
    return tuple(
        trace
        if trace.kind == ORIGINAL
        else trace._replace(kind=kind.name, measure=kind.measure, is_fault=kind.is_fault)
        for trace in several
    )


def _traces(maker: Maker, shape: str, trace: Planted) -> tuple[Planted, ...]:
    """The traces of a row: OpenR1 has several of a prompt, and the others of them are healthy."""
    if shape != "openr1":
        return (trace,)
    sibling = Planted(
        trace.problem, reasoning(maker.chance, trace.problem), answer(maker.chance, trace.problem), twin=trace.twin,
        source=trace.source,
    )  # fmt: skip
    both = (
        [trace, sibling._replace(kind=trace.kind, measure=trace.measure, is_fault=trace.is_fault)]
        if (trace.measure in {"contamination", "duplicates"})
        else [trace, sibling]
    )
    maker.chance.shuffle(both)
    return tuple(both)


def _tagged(trace: Planted, opening: str, closing: str) -> str:
    return f"{opening}\n{trace.reasoning}" + (f"\n{closing}\n\n{trace.answer}" if trace.is_closed else "")


def _text(trace: Planted) -> str:
    return _tagged(trace, "<think>", "</think>")


def _gold(trace: Planted) -> str:
    return trace.problem.answer if trace.gold is None else trace.gold


def _shaped(shape: str, traces: tuple[Planted, ...]) -> Row:
    return {
        "openthoughts": _openthoughts, "openr1": _openr1, "messages": _messages, "s1k": _s1k, "ours": _ours,
        "alpaca": _alpaca,
    }[shape](traces)  # fmt: skip


def _openthoughts(traces: tuple[Planted, ...]) -> Row:
    trace = traces[0]
    text = _tagged(trace, "<|begin_of_thought|>\n", "\n<|end_of_thought|>")
    if trace.is_closed:
        head, _, tail = text.rpartition("<|end_of_thought|>\n\n")
        text = f"{head}<|end_of_thought|>\n\n<|begin_of_solution|>\n\n{tail}\n\n<|end_of_solution|>"
    turns = [{"from": "user", "value": trace.problem.prompt}, {"from": "assistant", "value": text}]
    return {"system": "Your role is to think first and to answer then.", "conversations": turns}


def _openr1(traces: tuple[Planted, ...]) -> Row:
    problem = traces[0].problem
    return {
        "problem": problem.prompt,
        "solution": f"{' '.join(problem.steps)} So the answer is $\\boxed{{{_gold(traces[0])}}}$.",
        "answer": _gold(traces[0]),
        "source": traces[0].source,
        "generations": [_text(trace) for trace in traces],
        "correctness_math_verify": [trace.label for trace in traces],
        "finish_reasons": [trace.finish for trace in traces],
        "is_reasoning_complete": [trace.is_closed for trace in traces],
    }


def _messages(traces: tuple[Planted, ...]) -> Row:
    trace = traces[0]
    turns = [{"role": "user", "content": trace.problem.prompt}, {"role": "assistant", "content": _text(trace)}]
    return {"messages": turns, "source": trace.source, "license": trace.licence, "domain": trace.problem.domain}


def _s1k(traces: tuple[Planted, ...]) -> Row:
    trace = traces[0]
    return {
        "question": trace.problem.prompt,
        "solution": _gold(trace),
        "cot_type": "math",
        "source_type": trace.source,
        "thinking_trajectories": [trace.reasoning],
        "attempt": trace.answer,
    }


def _ours(traces: tuple[Planted, ...]) -> Row:
    trace = traces[0]
    asked = [{"role": "user", "content": trace.problem.prompt}]
    told = [{"role": "assistant", "content": _text(trace)}]
    is_short = bool(trace.problem.answer)
    reference = {
        "answer": _gold(trace) if is_short else None,
        "choices": None,
        "tests": None,
        "constraints": None,
        "scorer": None,
    }
    tokens = len(_text(trace)) * 2 // 7 % 4_001
    return {
        "id": f"{trace.source}-{zlib.crc32(_text(trace).encode())}", "prompt": asked, "completion": told,
        "messages": [*asked, *told], "domain": trace.problem.domain, "source": trace.source, "license": trace.licence,
        "language": "en", "answer": reference["answer"], "reference": reference,
        "num_tokens": tokens if trace.num_tokens is None else trace.num_tokens, "teacher": "a-teacher",
    }  # fmt: skip


def _alpaca(traces: tuple[Planted, ...]) -> Row:
    trace = traces[0]
    return {
        "instruction": trace.problem.prompt,
        "input": "",
        "output": _text(trace),
        "license": trace.licence,
        "source": trace.source,
    }


def _write(folder: Path, shape: str, rows: list[Row]) -> Path:
    folder.mkdir(exist_ok=True)
    if shape in {"openr1", "ours"}:
        path = folder / f"{shape}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    path = folder / f"{shape}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path

"""How fast `distill select` composes R1's mixture, and how much memory it takes.

Prompts × 8 samples with R1's shares and mean lengths (arXiv 2501.12948 v2, Table 5), texts scaled down to what a
disk holds. The peer reads the same Parquet shards with pyarrow and copies the very rows that were kept, knowing
them beforehand: no program that copies rows can do less. Prints a Markdown table.

    python scripts/bench/dataset.py 10000 100000 800000
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from distill.store import RunFolder, schemas

DOMAINS = ("math", "code", "stem", "logic", "general")
SHARES = np.array([395285, 211129, 10124, 10395, 177812]) / 804745
MEAN_TOKENS = np.array([6094.2, 7435.7, 4928.8, 2739.0, 1419.8])
CHARS_PER_TOKEN = 4
NUM_SAMPLES = 8
SAMPLING: dict[str, JsonValue] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32768, "seed": None}
PROMPT_CHARS = 300
POOL_CHARS = 2**25
ROW_GROUP_BYTES = 16 * 2**20
GROUPS_PER_SHARD = 8


class Cost(NamedTuple):
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    """Measure each size, and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prompts", type=int, nargs="*", default=[10_000])
    parser.add_argument("--scale", type=float, default=0.04, help="length of the texts as a share of R1's")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    options = parser.parse_args()
    print("| prompts | samples | rows | texts GB | select s (CPU s) | copy s (CPU s) | ratio wall (CPU) | peak MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for num_prompts in options.prompts:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            print(_measure(Path(folder), num_prompts, options.scale), flush=True)


def _measure(folder: Path, num_prompts: int, scale: float) -> str:
    num_bytes = make_run(folder / "run", num_prompts, scale)
    num_rows = round(num_prompts * 804745 / 800000)
    command = [sys.executable, "-c", "from distill.cli import main; main()", "select", str(folder / "run")]
    command += ["--out", str(folder / "out"), "--mixture", "r1-800k", "--rows", str(num_rows), "--policy", "all(2)"]
    ours = _run(command)
    copy = _run([sys.executable, __file__, "--copy", str(folder / "run"), str(folder / "out"), str(folder / "copy")])
    shutil.rmtree(folder / "out")
    return (
        f"| {num_prompts:,} | {num_prompts * NUM_SAMPLES:,} | {num_rows:,} | {num_bytes / 1e9:.2f} "
        f"| {ours.wall_s:.1f} ({ours.cpu_s:.1f}) | {copy.wall_s:.1f} ({copy.cpu_s:.1f}) "
        f"| {ours.wall_s / copy.wall_s:.2f} ({ours.cpu_s / copy.cpu_s:.2f}) | {ours.peak_mb:,.0f} |"
    )


def _run(command: list[str]) -> Cost:
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return Cost(time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def make_run(folder: Path, num_prompts: int, scale: float) -> int:
    """Write a finished run; returns how many characters its samples hold."""
    rng = np.random.default_rng(0)
    domain = rng.choice(len(DOMAINS), num_prompts, p=SHARES)
    pool = _pool(rng)
    with RunFolder.open(folder, lambda _: None) as run:
        settings: dict[str, JsonValue] = {
            "model": "bench",
            "weights": None,
            "policy": "fixed(8)",
            "sampling": dict(SAMPLING),
            "few_shot": [],
        }
        run.begin("generate", settings)
        run.finish("generate", {"samples": num_prompts * NUM_SAMPLES}, 1.0)
        tables = _prompts(domain, pool, rng)
        _write(run.prompts.folder, schemas.PROMPTS, tables)
        tokens = rng.lognormal(0, 0.6, (num_prompts, NUM_SAMPLES)) * MEAN_TOKENS[domain][:, None] / np.exp(0.18)
        tokens = np.maximum(8, tokens).astype(np.int64).ravel()
        chars = np.maximum(40, tokens * CHARS_PER_TOKEN * scale).astype(np.int64)
        _write(run.samples.folder, schemas.SAMPLES, _samples(tokens, chars, pool, rng))
        passes = rng.random((num_prompts, NUM_SAMPLES)) < rng.beta(1.5, 0.7, num_prompts)[:, None]
        _write(run.verdicts.folder, schemas.VERDICTS, _verdicts(passes.ravel()))
    return int(chars.sum())


def _pool(rng: np.random.Generator) -> bytes:
    """A long text of made-up words; its second half holds mathematical signs, as half of real traces do."""
    words = ["".join(chr(97 + letter) for letter in rng.integers(0, 26, size)) for size in rng.integers(2, 9, 20000)]
    plain, signs = np.array(words), np.array([*words, *(["≤", "√2", "α", "×", "∈", "π"] * 200)])
    half = POOL_CHARS // 2
    parts = [" ".join(rng.choice(kind, half // 5)).encode()[:half] for kind in (plain, signs)]
    return b"".join(part.decode(errors="ignore").encode().ljust(half) for part in parts)


def _texts(lengths: np.ndarray, pool: bytes, rng: np.random.Generator) -> pa.Array:
    """Texts of these lengths, cut from somewhere in the pool at the boundaries of characters."""
    total = int(lengths.sum())
    start = int(rng.integers(0, len(pool) - total - 1))
    while pool[start] & 0xC0 == 0x80:
        start -= 1
    ends = np.concatenate([[0], np.cumsum(lengths)])
    raw = np.frombuffer(pool, dtype=np.uint8)[start : start + total + 1]
    while len(inside := np.flatnonzero((raw[ends] & 0xC0) == 0x80)):
        ends[inside] -= 1
    offsets = pa.py_buffer(ends.astype(np.int32))
    return pa.StringArray.from_buffers(len(lengths), offsets, pa.py_buffer(raw.tobytes()))


def _prompts(domain: np.ndarray, pool: bytes, rng: np.random.Generator) -> Iterator[pa.Table]:
    size = ROW_GROUP_BYTES // PROMPT_CHARS
    for first in range(0, len(domain), size):
        part = domain[first : first + size]
        texts = _texts(np.full(len(part), PROMPT_CHARS), pool, rng)
        role = pa.repeat("user", len(part))
        message = pa.StructArray.from_arrays([role, texts], fields=list(schemas.MESSAGES.value_type))
        columns = {name: pa.nulls(len(part), schemas.PROMPTS.field(name).type) for name in schemas.PROMPTS.names}
        columns["id"] = _ids(np.arange(first, first + len(part)))
        columns["prompt"] = pa.ListArray.from_arrays(np.arange(len(part) + 1, dtype=np.int32), message)
        columns["domain"] = pa.array(DOMAINS).take(pa.array(part))
        columns["answer"] = pa.repeat("42", len(part))
        columns["source"] = pa.array(DOMAINS).take(pa.array(part))
        columns["license"] = pa.repeat("MIT", len(part))
        yield pa.table(columns, schema=schemas.PROMPTS)


def _samples(tokens: np.ndarray, chars: np.ndarray, pool: bytes, rng: np.random.Generator) -> Iterator[pa.Table]:
    ends = np.cumsum(chars + 20)
    first = 0
    while first < len(tokens):
        limit = (ends[first - 1] if first else 0) + ROW_GROUP_BYTES
        last = max(first + 1, int(np.searchsorted(ends, limit)))
        places = np.arange(first, min(last, len(tokens)))
        count = len(places)
        columns = {
            "prompt_id": _ids(places // NUM_SAMPLES),
            "index": pa.array(places % NUM_SAMPLES, pa.int32()),
            "reasoning": _texts(chars[places], pool, rng),
            "answer": _texts(np.full(count, 20), pool, rng),
            "finish_reason": pa.repeat("stop", count),
            "num_tokens": pa.array(tokens[places]),
            "num_prompt_tokens": pa.repeat(75, count),
            "teacher": pa.repeat("bench", count),
            "sampling": pa.repeat(pa.scalar(SAMPLING, schemas.SAMPLING), count),
            "seconds": pa.repeat(1.0, count),
            "error": pa.nulls(count, pa.string()),
        }
        yield pa.table(columns, schema=schemas.SAMPLES)
        first = int(places[-1]) + 1


def _verdicts(passes: np.ndarray) -> Iterator[pa.Table]:
    size = 2**17
    for first in range(0, len(passes), size):
        part = passes[first : first + size]
        places = np.arange(first, first + len(part))
        columns = {name: pa.nulls(len(part), schemas.VERDICTS.field(name).type) for name in schemas.VERDICTS.names}
        columns |= {
            "prompt_id": _ids(places // NUM_SAMPLES),
            "index": pa.array(places % NUM_SAMPLES, pa.int32()),
            "outcome": pa.array(["fail", "pass"]).take(pa.array(part.astype(np.int8))),
            "verifier": pa.repeat("math_answer", len(part)),
            "extracted": pa.repeat("42", len(part)),
            "reason": pa.repeat("equal", len(part)),
            "seconds": pa.repeat(0.001, len(part)),
        }
        yield pa.table(columns, schema=schemas.VERDICTS)


def _ids(numbers: np.ndarray) -> pa.Array:
    """Ids as long as distill's own."""
    return pa.array([f"{number:020x}" for number in numbers.tolist()])


def _write(folder: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
    number = 0
    while part := list(islice(tables, GROUPS_PER_SHARD)):
        with pq.ParquetWriter(
            folder / f"{number:06}.parquet", schema, compression="zstd", compression_level=3
        ) as writer:
            for table in part:
                writer.write_table(table)
        number += 1


def copy(run: Path, dataset: Path, out: Path) -> None:
    """The peer: copy the samples that `dataset` kept, found by their position."""
    with pa.ipc.open_file(dataset / "decisions.arrow") as file:
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        kept = np.concatenate([_is_kept(batch.column("decision")) for batch in batches])
    columns = ["prompt_id", "index", "reasoning", "answer", "num_tokens", "teacher", "sampling"]
    out.mkdir()
    writer, first = None, 0
    for shard in sorted((run / "samples").glob("*.parquet")):
        with pq.ParquetFile(shard) as source:
            for group in range(source.num_row_groups):
                table = source.read_row_group(group, columns=columns)
                table = table.filter(pa.array(kept[first : first + len(table)]))
                first += source.metadata.row_group(group).num_rows
                writer = writer or pq.ParquetWriter(out / "copy.parquet", table.schema, compression="zstd")
                writer.write_table(table)
    if writer is not None:
        writer.close()


def _is_kept(decisions: pa.DictionaryArray) -> np.ndarray:
    is_kept: np.ndarray = decisions.indices.to_numpy() == decisions.dictionary.to_pylist().index("kept")
    return is_kept


if __name__ == "__main__":
    if sys.argv[1:2] == ["--copy"]:
        copy(*map(Path, sys.argv[2:]))
    else:
        main()

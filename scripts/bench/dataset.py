"""How fast `distill select` composes R1's mixture, and how much memory it takes.

Prompts × 8 samples with R1's shares and mean lengths (arXiv 2501.12948 v2, Table 5), texts scaled down to what a
disk holds. The limit reads the same Parquet shards with pyarrow and copies the very rows that were kept, knowing them
beforehand: no program that copies rows can do less. A row holds its texts twice, as `completion` and in `messages`, so
a second limit writes them twice. The peer is what one writes with `datasets`: the passing samples by
`filter`, the two shortest of each prompt, conversations by `map`, Parquet; it has no quotas, no filters of texts and
no card, and tells no reasons.

    python scripts/bench/dataset.py --prompts 800000 --samples 3 --scale 1 --folder DIR --without-library

chooses 800,000 rows with texts as long as R1's, of a run of 2,400,000 samples, some 20 GB, which stays in DIR.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import peers
import pyarrow as pa
import pyarrow.parquet as pq
import results
from cost import cost
from pydantic import JsonValue
from results import Figure, figure

from distill.rows import columns as schemas
from distill.store import RunFolder

DOMAINS = ("math", "code", "stem", "logic", "general")
SHARES = np.array([395285, 211129, 10124, 10395, 177812]) / 804745
MEAN_TOKENS = np.array([6094.2, 7435.7, 4928.8, 2739.0, 1419.8])
CHARS_PER_TOKEN = 4
SAMPLING: dict[str, JsonValue] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32768, "seed": None}
PROMPT_CHARS = 300
POOL_CHARS = 2**25
ROW_GROUP_BYTES = 16 * 2**20
GROUPS_PER_SHARD = 8


def main() -> None:
    """Measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--prompts", type=int, help="default: 10,000, with --quick 500")
    parser.add_argument("--scale", type=float, default=0.04, help="length of the texts as a share of R1's")
    parser.add_argument("--samples", type=int, default=8, help="samples of a prompt")
    parser.add_argument("--folder", type=Path, help="keep the run there, for a later call; default: a temporary folder")
    parser.add_argument("--without-library", action="store_true", help="leave `datasets` out: its cache is as large")
    options = parser.parse_args()
    size = Size(options.prompts or (500 if options.quick else 10_000), options.samples, options.scale)
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        if not (folder / "run").exists():
            # In a process of its own: a small parent leaves the peaks of its children alone.
            cost([sys.executable, __file__, "--make", folder / "run", *map(str, size)])
        results.report(options, lambda: list(measure(folder, size, has_library=not options.without_library)))


class Size(NamedTuple):
    """Of a run."""

    num_prompts: int
    num_samples: int
    """Of each prompt."""
    scale: float
    """Length of the texts as a share of R1's."""


def measure(folder: Path, size: Size, *, has_library: bool) -> Iterator[Figure]:
    """One round; what it wrote is gone afterwards."""
    run, out = folder / "run", folder / "out"
    num_rows = round(size.num_prompts * 804745 / 800000)
    select: list[str | Path] = [sys.executable, "-m", "distill", "select", run, "--out", out, "--mixture", "r1-800k"]
    again = [sys.executable, __file__]
    yield from _figures(peers.ours(), size, [*select, "--rows", str(num_rows), "--policy", "all(2)"])
    if has_library:
        library = ("datasets", peers.version("datasets"))
        yield from _figures(library, size, [*again, "--datasets", run, folder / "library"])
    shutil.rmtree(out / "data")
    for name, times in (("pyarrow copying the rows", "1"), ("their texts twice, as rows hold them", "2")):
        limit = (name, peers.version("pyarrow"))
        yield from _figures(limit, size, [*again, "--copy", run, out, folder / "copy", times], is_limit=True)
        shutil.rmtree(folder / "copy")
    for made in ("out", "library"):
        shutil.rmtree(folder / made, ignore_errors=True)


def _figures(
    who: tuple[str, str], size: Size, line: Sequence[str | Path], *, is_limit: bool = False
) -> Iterator[Figure]:
    took = cost(line)
    num_samples = size.num_prompts * size.num_samples
    where = ("dataset", f"rows chosen from {num_samples:,} samples")
    yield figure(where, who, num_samples / took.cpu_s, "samples per CPU-second", is_limit=is_limit)
    where = ("dataset", "… time")
    yield figure(where, who, took.wall_s, "s", higher_is_better=False, is_limit=is_limit)
    where = ("dataset", "… memory at its peak")
    yield figure(where, who, took.peak_mb, "MB", higher_is_better=False, is_limit=is_limit)


def make_run(folder: Path, size: Size) -> None:
    """Write a finished run."""
    num_prompts, num_samples, scale = size
    rng = np.random.default_rng(0)
    domain = rng.choice(len(DOMAINS), num_prompts, p=SHARES)
    pool = _pool(rng)
    with RunFolder.open(folder, lambda _: None) as run:
        settings: dict[str, JsonValue] = {
            "model": "bench",
            "weights": None,
            "policy": f"fixed({num_samples})",
            "sampling": dict(SAMPLING),
            "few_shot": [],
        }
        run.begin("generate", settings)
        run.finish("generate", {"samples": num_prompts * num_samples}, 1.0)
        tables = _prompts(domain, pool, rng)
        _write(run.prompts.folder, schemas.PROMPTS, tables)
        tokens = rng.lognormal(0, 0.6, (num_prompts, num_samples)) * MEAN_TOKENS[domain][:, None] / np.exp(0.18)
        tokens = np.maximum(8, tokens).astype(np.int64).ravel()
        chars = np.maximum(40, tokens * CHARS_PER_TOKEN * scale).astype(np.int64)
        _write(run.samples.folder, schemas.SAMPLES, _samples(tokens, chars, num_samples, pool, rng))
        passes = rng.random((num_prompts, num_samples)) < rng.beta(1.5, 0.7, num_prompts)[:, None]
        _write(run.verdicts.folder, schemas.VERDICTS, _verdicts(passes.ravel(), num_samples))


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


def _samples(
    tokens: np.ndarray, chars: np.ndarray, num_samples: int, pool: bytes, rng: np.random.Generator
) -> Iterator[pa.Table]:
    ends = np.cumsum(chars + 20)
    first = 0
    while first < len(tokens):
        limit = (ends[first - 1] if first else 0) + ROW_GROUP_BYTES
        last = max(first + 1, int(np.searchsorted(ends, limit)))
        places = np.arange(first, min(last, len(tokens)))
        count = len(places)
        columns = {name: pa.nulls(count, schemas.SAMPLES.field(name).type) for name in schemas.SAMPLES.names}
        columns |= {
            "prompt_id": _ids(places // num_samples),
            "index": pa.array(places % num_samples, pa.int32()),
            "reasoning": _texts(chars[places], pool, rng),
            "answer": _texts(np.full(count, 20), pool, rng),
            "finish_reason": pa.repeat("stop", count),
            "num_tokens": pa.array(tokens[places]),
            "num_prompt_tokens": pa.repeat(75, count),
            "teacher": pa.repeat("bench", count),
            "sampling": pa.repeat(pa.scalar(SAMPLING, schemas.SAMPLING), count),
            "seconds": pa.repeat(1.0, count),
        }
        yield pa.table(columns, schema=schemas.SAMPLES)
        first = int(places[-1]) + 1


def _verdicts(passes: np.ndarray, num_samples: int) -> Iterator[pa.Table]:
    size = 2**17
    for first in range(0, len(passes), size):
        part = passes[first : first + size]
        places = np.arange(first, first + len(part))
        columns = {name: pa.nulls(len(part), schemas.VERDICTS.field(name).type) for name in schemas.VERDICTS.names}
        columns |= {
            "prompt_id": _ids(places // num_samples),
            "index": pa.array(places % num_samples, pa.int32()),
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


def copy(run: Path, dataset: Path, out: Path, times: int) -> None:
    """The peer: copy the samples that `dataset` kept, found by their position, with their texts once or more."""
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
                for number in range(1, times):
                    table = table.append_column(f"reasoning_{number}", table.column("reasoning"))
                writer = writer or pq.ParquetWriter(out / "copy.parquet", table.schema, compression="zstd")
                writer.write_table(table)
    if writer is not None:
        writer.close()


def library(run: Path, out: Path) -> None:
    """The peer: the two shortest passing samples of each prompt, with `datasets`."""
    from datasets import Dataset, concatenate_datasets, load_dataset

    def table(kind: str) -> Dataset:
        shards = sorted(map(str, (run / kind).glob("*.parquet")))
        return load_dataset("parquet", data_files=shards, split="train", cache_dir=str(out / "cache"))

    questions = table("prompts")
    prompt_of = dict(zip(questions["id"], range(len(questions)), strict=True))
    outcomes = table("verdicts").select_columns(["outcome"])
    passed = concatenate_datasets([table("samples"), outcomes], axis=1).filter(
        lambda outcomes: [outcome == "pass" for outcome in outcomes], input_columns="outcome", batched=True
    )
    lengths = zip(passed["prompt_id"], passed["num_tokens"], range(len(passed)), strict=True)
    groups: dict[str, list[tuple[int, int]]] = {}
    for prompt, num_tokens, place in lengths:
        groups.setdefault(prompt, []).append((num_tokens, place))
    kept = sorted(place for group in groups.values() for _, place in sorted(group)[:2])

    def converse(row: dict[str, str]) -> dict[str, object]:
        content = f"<think>\n{row['reasoning']}\n</think>\n\n{row['answer']}"
        prompt = questions[prompt_of[row["prompt_id"]]]["prompt"]
        return {"prompt": prompt, "completion": [{"role": "assistant", "content": content}]}

    passed.select(kept).map(converse, remove_columns=["reasoning"]).to_parquet(str(out / "rows.parquet"))


def _is_kept(decisions: pa.DictionaryArray) -> np.ndarray:
    is_kept: np.ndarray = decisions.indices.to_numpy() == decisions.dictionary.to_pylist().index("kept")
    return is_kept


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--make", folder, num_prompts, num_samples, scale]:
            make_run(Path(folder), Size(int(num_prompts), int(num_samples), float(scale)))
        case ["--copy", run, dataset, out, times]:
            copy(Path(run), Path(dataset), Path(out), int(times))
        case ["--datasets", *places]:
            library(*map(Path, places))
        case _:
            main()

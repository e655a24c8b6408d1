"""How the cost of verifying in shards grows with rows and workers, and what a large run takes by arithmetic.

    python scripts/bench/scale.py                                    # 10^3 … 10^5 rows, 1, 2, 4 workers; scale.png
    python scripts/bench/scale.py --rows 1000 1000000 --json scale.json
    python scripts/bench/scale.py --arithmetic                       # 800,000 prompts × 16 samples
    python scripts/bench/scale.py --arithmetic --prompts 100000 --samples 4 --tokens 3000

A worker is a process `distill work PLAN --slice k/n` with one process for comparing, as under Slurm and Ray. The
fraction of ideal is the speed with n workers over n times that of one, both in wall time and counting no more workers
than cores; on a machine that does other work meanwhile it says more about that work. CPU time a row hardly depends on
neighbours, and says what sharding costs.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from generate import Load, System, measure

from distill.store import RunFolder, schemas

ROOT = Path(__file__).parents[2]
SHARD_ROWS = 5000
NODE_TOKENS_PER_S = 8 * 2200.0
"""DeepSeek-R1 on 8×H200 in a wide expert-parallel deployment, by vLLM's blog of December 2025; not measured here."""
BYTES_PER_TOKEN = 4.3
"""Of reasoning in English with formulas; 30 kB are about 7,000 tokens."""


class Point(NamedTuple):
    """One measurement."""

    num_rows: int
    num_workers: int
    seconds: float
    cpu_us: float
    """CPU microseconds a row, of all workers, their start included."""
    share_of_ideal: float


class Rates(NamedTuple):
    """What one sample costs, measured on this machine."""

    client_us: float
    verify_us: float
    disk_bytes: float
    raw_bytes: float


def main() -> None:
    """Measure and print."""
    options = _options()
    if options.arithmetic:
        rates = measure_rates(round(options.tokens * BYTES_PER_TOKEN), options.measured)
        rows = arithmetic(rates, options)
        _print_arithmetic(rows)
        found: object = {"rates": rates._asdict(), "table": rows}
    else:
        points = list(measure_all(options.rows, options.workers))
        plot(points, options.plot)
        found = [point._asdict() for point in points]
    if options.json:
        options.json.write_text(json.dumps({"cores": os.cpu_count(), "found": found}, indent=2) + "\n")


def measure_all(rows: Sequence[int], workers: Sequence[int]) -> Iterator[Point]:
    """Every number of rows with every number of workers, as a table."""
    print(f"Verdicts on worked sums in shards of {SHARD_ROWS:,}; {os.cpu_count()} cores\n")
    print("| rows | workers | seconds | rows/s | CPU µs/row | of ideal |\n| --- | --- | --- | --- | --- | --- |")
    for num_rows in rows:
        with tempfile.TemporaryDirectory() as folder:
            write_run(Path(folder) / "run", num_rows, lambda number: f"So it is \\boxed{{{number}}}.")
            alone = 0.0
            for number in workers:
                seconds, cpu_s = verify_with(Path(folder), number)
                alone = alone or seconds
                ideal = alone / min(number, os.cpu_count() or 1)
                point = Point(num_rows, number, round(seconds, 3), round(cpu_s / num_rows * 1e6, 1), ideal / seconds)
                print(f"| {num_rows:,} | {number} | {seconds:,.1f} | {num_rows / seconds:,.0f} | {point.cpu_us:,.0f} | "
                      f"{point.share_of_ideal:.0%} |", flush=True)  # fmt: skip
                yield point


def verify_with(folder: Path, num_workers: int) -> tuple[float, float]:
    """Have workers verify the run in `folder` from scratch; seconds of wall and CPU time, without the cutting."""
    store = folder / f"store-{num_workers}"
    shard_rows = str(max(1, min(SHARD_ROWS, count(folder / "run") // num_workers)))
    _run("verify", str(folder / "run"), "--store", str(store), "--cut", "--workers", "1", "--shard-rows", shard_rows)
    plan = str(next(store.iterdir()))
    start, before = time.perf_counter(), _children_s()
    lines = [_line("work", plan, "--slice", f"{number}/{num_workers}") for number in range(1, num_workers + 1)]
    started = [
        subprocess.Popen(line, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for line in lines
    ]
    if any(process.wait() for process in started):
        sys.exit(f"a worker failed: {' '.join(lines[0])}")
    return time.perf_counter() - start, _children_s() - before


def count(run: Path) -> int:
    """Samples of a run."""
    return RunFolder.at(run).samples.count()


def write_run(folder: Path, num_rows: int, answer: Callable[[int], str]) -> None:
    """A run of right answers without verdicts."""
    sampling = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 100, "seed": None}
    with RunFolder.open(folder, lambda _: None) as run:
        run.begin("prompts", {"sha256": "0"})
        run.begin("generate", {"model": "toy", "weights": None, "policy": "fixed(1)", "sampling": dict(sampling),
                               "few_shot": []})  # fmt: skip
        for number in range(num_rows):
            prompt = dict.fromkeys(schemas.PROMPTS.names) | {
                "id": f"q{number}", "prompt": [{"role": "user", "content": f"What is {number} + 0?"}],
                "domain": "math", "answer": str(number),
            }  # fmt: skip
            run.prompts.append(prompt)
            run.samples.append(
                {"prompt_id": f"q{number}", "index": 0, "reasoning": None, "answer": answer(number),
                 "finish_reason": "stop", "num_tokens": 12, "num_prompt_tokens": 5, "teacher": "toy",
                 "sampling": sampling, "seconds": 1.0, "resumed_at": None, "error": None,
                 "finished_s": 0.0}
            )  # fmt: skip


def measure_rates(num_bytes: int, num_rows: int) -> Rates:
    """Cost of a sample of so many bytes: client, verdict, disk. Texts are slices of Python's own library.

    What starting takes is taken off: a tenth of the rows is measured as well, and the difference counts.
    """
    library = "".join(file.read_text("utf-8", "replace") for file in Path(sysconfig.get_path("stdlib")).glob("*.py"))
    rng = random.Random(0)

    def answer(number: int) -> str:
        start = rng.randrange(len(library) - num_bytes)
        return f"{library[start : start + num_bytes]}\n\nSo it is \\boxed{{{number}}}."

    client_s, verify_s, disk = [], [], 0
    for size in (num_rows // 10, num_rows):
        load = Load(size, 512, 1.0, (num_bytes, num_bytes + 1))
        found = measure(System("distill", "distill", sys.executable, load))
        client_s.append(found.own_s + found.children_s)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_run(folder / "run", size, answer)
            verify_s.append(verify_with(folder, 1)[1])
            disk = sum(shard.stat().st_size for shard in RunFolder.at(folder / "run").samples.shards())
    per_row = 1e6 / (num_rows - num_rows // 10)
    client_us, verify_us = ((after - before) * per_row for before, after in (client_s, verify_s))
    return Rates(client_us, verify_us, disk / num_rows, num_bytes)


def arithmetic(rates: Rates, options: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Quantity, value, and what it follows from."""
    num_samples = options.prompts * options.samples
    tokens = num_samples * options.tokens
    hours = tokens / options.node_tokens_per_s / 3600
    node = f"{options.node_tokens_per_s:,.0f} tokens/s a node (--node-tokens-per-s; vLLM's published rate, not ours)"
    client_h, verify_h = (num_samples * us / 1e6 / 3600 for us in (rates.client_us, rates.verify_us))
    wall_h = hours / options.nodes
    return [
        ("samples", f"{num_samples:,}", f"{options.prompts:,} prompts × {options.samples}"),
        ("teacher tokens", f"{tokens:.3g}", f"{options.tokens:,} a sample (--tokens; Open-R1's mean for R1 is 6,000)"),
        ("node-hours of the teacher", f"{hours:,.0f}", node),
        (f"hours on {options.nodes} nodes", f"{wall_h:,.0f}", "node-hours / nodes"),
        ("client, core-hours", f"{client_h:,.1f}", f"{rates.client_us:,.0f} µs a sample, measured"),
        ("client, cores in use meanwhile", f"{client_h / wall_h:.2f}", "core-hours / hours"),
        ("verification, core-hours", f"{verify_h:,.1f}",
         f"{rates.verify_us:,.0f} µs a math answer, measured"),
        ("verification, cores to keep up", f"{verify_h / wall_h:.2f}", "core-hours / hours"),
        ("… if all were programs", f"{num_samples / 115 / 3600 / wall_h:.1f}",
         "115 programs/s/core: scripts/bench/programs.py"),
        ("disk, TB", f"{num_samples * rates.disk_bytes / 1e12:.2f}",
         f"{rates.disk_bytes:,.0f} bytes a sample of {rates.raw_bytes:,.0f} in zstd Parquet, measured"),
        ("journal traffic, MB/s", f"{num_samples * rates.raw_bytes / 1e6 / 3600 / wall_h:.1f}", "bytes / hours"),
        (f"shards of {options.shard_rows:,} prompts", f"{-(-options.prompts // options.shard_rows):,}", "--shard-rows"),
    ]  # fmt: skip


def plot(points: Sequence[Point], file: Path) -> None:
    """Seconds and fraction of ideal over rows, a line for each number of workers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for number in sorted({point.num_workers for point in points}):
        line = [point for point in points if point.num_workers == number]
        rows = [point.num_rows for point in line]
        left.plot(rows, [point.cpu_us for point in line], marker="o", label=f"{number} workers")
        right.plot(rows, [point.share_of_ideal for point in line], marker="o", label=f"{number} workers")
    for axes, title in ((left, "CPU µs a row"), (right, "fraction of ideal")):
        axes.set(xscale="log", xlabel="rows", title=title)
        axes.set_ylim(bottom=0)
        axes.legend()
    figure.savefig(file, dpi=120)


def _print_arithmetic(rows: Sequence[tuple[str, str, str]]) -> None:
    print("| what | | from |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _run(*arguments: str) -> None:
    done = subprocess.run(_line(*arguments), env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")


def _line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "distill", *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=(1000, 10_000, 100_000))
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2, 4))
    parser.add_argument("--plot", type=Path, default=Path("scale.png"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--arithmetic", action="store_true")
    parser.add_argument("--prompts", type=int, default=800_000)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=6000)
    parser.add_argument("--measured", type=int, default=2000, help="samples that the rates are measured on")
    parser.add_argument("--nodes", type=int, default=16)
    parser.add_argument("--node-tokens-per-s", type=float, default=NODE_TOKENS_PER_S)
    parser.add_argument("--shard-rows", type=int, default=2000)
    return parser.parse_args()


if __name__ == "__main__":
    main()

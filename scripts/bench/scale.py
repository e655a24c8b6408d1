"""How the cost of verifying in shards grows with rows and workers.

    python scripts/bench/scale.py                        # 10^3 … 10^6 rows, 1, 2 and 4 workers; scripts/bench/scale.png

A worker is a process `distill work PLAN --slice k/n` with one process for comparing, as under Slurm and Ray. The
share of ideal is the speed with n workers over n times that of one, in wall time and counting no more workers than
cores; on a machine that does other work meanwhile it says more about that work. CPU time a row hardly depends on
neighbours, and says what sharding costs.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import peers
import results
from results import Figure, figure

from distill.rows import columns as schemas
from distill.store import RunFolder

ROOT = Path(__file__).parents[2]
PLOT = Path(__file__).with_name("scale.png")
SHARD_ROWS = 5000
WORKERS = (1, 2, 4)
ROWS = (1000, 10_000, 100_000, 1_000_000)


class Point(NamedTuple):
    """One measurement."""

    num_rows: int
    num_workers: int
    seconds: float
    cpu_us: float
    """CPU microseconds a row, of all workers, their start included."""
    share_of_ideal: float


def main() -> None:
    """Measure, report and plot."""
    options = results.parser(__doc__).parse_args()
    rounds: list[list[Point]] = []

    def measure() -> list[Figure]:
        rounds.append(list(points(ROWS[:1] if options.quick else ROWS)))
        return list(figures(rounds[-1]))

    results.report(options, measure)
    if not options.quick:
        plot(rounds[-1], PLOT)


def points(rows: Sequence[int]) -> Iterator[Point]:
    """Every number of rows with every number of workers."""
    for num_rows in rows:
        with tempfile.TemporaryDirectory() as folder:
            write_run(Path(folder) / "run", num_rows, lambda number: f"So it is \\boxed{{{number}}}.")
            alone = 0.0
            for number in WORKERS:
                seconds, cpu_s = verify_with(Path(folder), number)
                alone = alone or seconds
                ideal = alone / min(number, os.cpu_count() or 1)
                yield Point(num_rows, number, seconds, cpu_s / num_rows * 1e6, ideal / seconds)


def figures(found: Sequence[Point]) -> Iterator[Figure]:
    """The points as lines of the page."""
    name, version = peers.ours()
    for rows in dict.fromkeys(point.num_rows for point in found):
        line = [point for point in found if point.num_rows == rows]
        for point in line:
            who = (f"{name}, {named(point.num_workers)}", version)
            case = f"{rows:,} verdicts in shards"
            yield figure(("scale", case), who, rows / point.seconds, "rows/s")
            yield figure(("scale", f"{case}, CPU"), who, point.cpu_us, "CPU µs per row", higher_is_better=False)
            if point.num_workers > 1:
                yield figure(("scale", f"{case}, share of ideal"), who, 100 * point.share_of_ideal, "%")


def named(num_workers: int) -> str:
    """`1 worker`, `2 workers`."""
    return f"{num_workers} worker{'s' * (num_workers > 1)}"


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


def plot(found: Sequence[Point], file: Path) -> None:
    """CPU time a row and share of ideal over rows, a line for each number of workers."""
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(9, 3.6), layout="constrained")
    left, right = picture.subplots(1, 2)
    for number in WORKERS:
        line = [point for point in found if point.num_workers == number]
        rows = [point.num_rows for point in line]
        left.plot(rows, [point.cpu_us for point in line], marker="o", label=named(number))
        right.plot(rows, [point.share_of_ideal for point in line], marker="o", label=named(number))
    for axes, title in ((left, "CPU µs a row"), (right, f"share of ideal, {os.cpu_count()} cores")):
        axes.set(xscale="log", xlabel="rows", title=title)
        axes.legend(loc="upper left")
    left.set_yscale("log")
    right.set_ylim(bottom=0)
    picture.savefig(file, dpi=80)


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


if __name__ == "__main__":
    main()

"""A million prompts of 300 characters against 10,000 benchmark problems: what the whole command takes.

    python scripts/bench/million.py [--rows 1000000] [--problems 10000]

One prompt in ten repeats an earlier one, and one benchmark problem in ten stands among the prompts with a preface, in
capitals, or without one of its words. Two processes decide on rows while the command itself reads and writes them.
"""

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import peers
import results
from cost import cost
from prompts import make_rows, spoilt
from results import Figure, figure


def main() -> None:
    """Make the rows, measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, help="default: 1,000,000, with --quick 2,000")
    parser.add_argument("--problems", type=int, help="default: one for a hundred rows")
    options = parser.parse_args()
    num_rows = options.rows or (2000 if options.quick else 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        planted = write(Path(folder), num_rows, options.problems or num_rows // 100)
        results.report(options, lambda: list(measure(Path(folder), num_rows, planted)))


def write(folder: Path, num_rows: int, num_problems: int) -> set[str]:
    """Write prompts and problems; returns the ids of the prompts that repeat a problem."""
    chance = random.Random(2)
    planted = set()
    with (folder / "rows.jsonl").open("w") as rows, (folder / "problems.jsonl").open("w") as problems:
        for number, row in enumerate(make_rows(num_problems, seed=1)):
            problems.write(json.dumps({"problem": row.text}) + "\n")
            if number % 10 == 0:
                planted.add(f"planted {number}")
                line = {"id": f"planted {number}", "prompt": spoilt(chance, row.text), "answer": "1"}
                rows.write(json.dumps(line) + "\n")
        for number, row in enumerate(make_rows(num_rows - len(planted))):
            rows.write(json.dumps({"id": str(number), "prompt": row.text, "answer": str(row.origin)}) + "\n")
    return planted


def measure(folder: Path, num_rows: int, planted: set[str]) -> Iterator[Figure]:
    """One round."""
    kept = folder / "kept.jsonl"
    line: list[str | Path] = [sys.executable, "-m", "distill", "prompts", folder / "rows.jsonl", "--out", kept]
    took = cost([*line, "--decontaminate", folder / "problems.jsonl", "--workers", "2"])
    missed = sum(json.loads(each)["id"] in planted for each in kept.open())
    case = f"{num_rows:,} rows against benchmark problems"
    yield figure(("million", case), peers.ours(), took.wall_s, "s", higher_is_better=False)
    yield figure(("million", f"{case}, CPU"), peers.ours(), took.cpu_s, "s", higher_is_better=False)
    yield figure(("million", f"{case}, largest process"), peers.ours(), took.peak_mb, "MB", higher_is_better=False)
    where = ("million", f"of {len(planted):,} planted problems, missed")
    yield figure(where, peers.ours(), missed, "rows", higher_is_better=False)


if __name__ == "__main__":
    main()

"""What a large run takes, by arithmetic from rates measured here and a teacher's speed that is given.

python scripts/bench/arithmetic.py                       # 800,000 prompts × 16 samples
python scripts/bench/arithmetic.py --prompts 100000 --samples 4 --tokens 3000
"""

import argparse
import json
import random
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from generate import Load, System, measure
from scale import verify_with, write_run

from distill.store import RunFolder

NODE_TOKENS_PER_S = 8 * 2200.0
"""DeepSeek-R1 on 8×H200 in a wide expert-parallel deployment, by vLLM's blog of December 2025; not measured here."""
PROGRAMS_PER_S = 138
"""Of one test on stdin, a core; measured by scripts/bench/programs.py."""
BYTES_PER_TOKEN = 4.3
"""Of reasoning in English with formulas; 30 kB are about 7,000 tokens."""


class Rates(NamedTuple):
    """What one sample costs, measured on this machine."""

    client_us: float
    verify_us: float
    disk_bytes: float
    raw_bytes: float


def main() -> None:
    """Measure the rates and print the table."""
    options = _options()
    rates = measure_rates(round(options.tokens * BYTES_PER_TOKEN), options.measured)
    rows = arithmetic(rates, options)
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps({"rates": rates._asdict(), "table": rows}, indent=2) + "\n")


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
        ("… if all were programs", f"{num_samples / PROGRAMS_PER_S / 3600 / wall_h:.1f}",
         f"{PROGRAMS_PER_S} programs/s/core: scripts/bench/programs.py"),
        ("disk, TB", f"{num_samples * rates.disk_bytes / 1e12:.2f}",
         f"{rates.disk_bytes:,.0f} bytes a sample of {rates.raw_bytes:,.0f} in zstd Parquet, measured"),
        ("journal traffic, MB/s", f"{num_samples * rates.raw_bytes / 1e6 / 3600 / wall_h:.1f}", "bytes / hours"),
        (f"shards of {options.shard_rows:,} prompts", f"{-(-options.prompts // options.shard_rows):,}", "--shard-rows"),
    ]  # fmt: skip


def _print(rows: Sequence[tuple[str, str, str]]) -> None:
    print("| what | | from |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
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

"""What a row costs: distill against a stand-in endpoint, and the client library alone as its floor.

    python scripts/bench/generate.py
    python scripts/bench/generate.py --rows 3000 --concurrency 2048 --latency 3 --bytes 12000 48000

Rows a second depend on the machine and its neighbours; CPU microseconds a row (user + system of the client and its
children, its start included) are the robust figure.
"""

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import peers
import results
from results import Figure, figure

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Load(NamedTuple):
    """What everyone is given to do."""

    num_rows: int
    concurrency: int
    latency_s: float
    sizes: tuple[int, int]


class Result(NamedTuple):
    """How a system did."""

    name: str
    rows_a_second: float
    cpu_us: float
    num_flying: float
    """Mean in flight between the first request and the last answer, as the endpoint saw it."""
    num_requests: int


def main() -> None:
    """Measure and report."""
    options = _options()
    num_rows, concurrency = (200, 64) if options.quick else (options.rows, options.concurrency)
    load = Load(num_rows, concurrency, options.latency, tuple(options.bytes))
    results.report(options, lambda: list(measure_all(load)))


def measure_all(load: Load) -> Iterator[Figure]:
    """One round."""
    name, version = peers.ours()
    bare = [sys.executable, str(HERE / "bare_client.py"), "PROMPTS", "URL", str(load.concurrency)]
    limit = ("aiohttp alone, nothing stored", peers.version("aiohttp"))
    lines = {
        (name, version): ours(load, "fixed(1)"),
        (f"{name}, verdicts flowing", version): ours(load, "at_least(1, 1)"),
        limit: bare,
    }
    case = f"{load.num_rows:,} rows of {load.sizes[0]:,}–{load.sizes[1]:,} bytes, {load.concurrency:,} in flight"
    for who, line in lines.items():
        found, is_limit = measure(who[0], load, line), who == limit
        where = ("generate", case)
        yield figure(where, who, found.cpu_us, "CPU µs per row", higher_is_better=False, is_limit=is_limit)
        yield figure(("generate", "… answers a second"), who, found.rows_a_second, "rows/s", is_limit=is_limit)


def ours(load: Load, policy: str) -> Sequence[str]:
    """The command line of distill; `PROMPTS`, `URL` and `OUT` are filled in."""
    line = [sys.executable, "-m", "distill", "generate", "PROMPTS", "--run", "OUT", "--endpoint", "URL"]
    return [*line, "--model", "toy", "--policy", policy, "--concurrency", str(load.concurrency)]


def measure(name: str, load: Load, line: Sequence[str]) -> Result:
    """Run a command against an endpoint of its own."""
    with tempfile.TemporaryDirectory() as folder, stand_in(load) as url:
        prompts = Path(folder) / "prompts.jsonl"
        rows = ({"id": f"q{i}", "prompt": f"What is {i} + {i + 1}?", "choices": ["3", "4"], "answer": "B"}
                for i in range(load.num_rows))  # fmt: skip
        prompts.write_text("".join(json.dumps(row) + "\n" for row in rows))
        places = {"PROMPTS": str(prompts), "URL": f"{url}/v1", "OUT": str(Path(folder) / "out")}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [places.get(part, part) for part in line]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        stats = json.loads(urllib.request.urlopen(f"{url}/stats").read())  # noqa: S310 - always http on loopback
        rate = stats["requests"] / stats["seconds"]
        return Result(name, rate, cpu_s / load.num_rows * 1e6, stats["mean"], stats["requests"])


@contextmanager
def stand_in(load: Load) -> Iterator[str]:
    """The endpoint, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [sys.executable, str(HERE / "stand_in.py"), "--port", str(port), "--latency", str(load.latency_s)]
    server = subprocess.Popen([*line, "--bytes", *map(str, load.sizes)])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _options() -> argparse.Namespace:
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--concurrency", type=int, default=512)
    parser.add_argument("--latency", type=float, default=0.02, help="median seconds of an answer")
    parser.add_argument("--bytes", type=int, nargs=2, default=(2000, 8000), metavar=("FROM", "TO"))
    return parser.parse_args()


if __name__ == "__main__":
    main()

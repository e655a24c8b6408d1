"""What a row costs: distill and its peers against a stand-in endpoint, and the client library alone as their floor.

    python scripts/bench/generate.py                          # distill, its floor, and the peers that install
    python scripts/bench/generate.py --part long --part memory --streaming --json figures.json

Parts: `systems` (all, at 512 in flight), `long` (2,048 in flight, answers of 30 kB, 3 s: CPU, and how full the endpoint
is kept), `memory` (of the client, at 20,000 and 200,000 rows). Peers get virtual environments under `.venvs/`.

Rows a second depend on the machine and its neighbours; CPU microseconds a row (user + system of the client and its
children) are the robust figure. Each system runs on all rows and on a fifth of them: the difference is what a row costs
once everything has started.
"""

import argparse
import json
import os
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
from peers import ROOT, Failed
from results import Figure, figure

HERE = Path(__file__).parent
LIMIT = "aiohttp alone, nothing stored"
TIME_LIMIT_S = 900
PEERS = {
    "datatrove": ("datatrove", "aiofiles", "aiosqlite", "httpx", "openai", "orjson", "xxhash"),
    "curator": ("bespokelabs-curator", "requests"),
    "data-designer": ("data-designer",),
    "distilabel": ("distilabel[openai]", "requests"),
}
"""The packages of each; `datatrove[inference]` would bring vLLM."""
ABSENT = {"NeMo-Skills": "not on PyPI", "open-r1's script": "not on PyPI"}


class Load(NamedTuple):
    """What everyone is given to do."""

    num_rows: int
    concurrency: int
    latency_s: float
    sizes: tuple[int, int]
    num_events: int = 0
    needs_workers: bool = False
    """Whether answers have to be compared by the verifier's own processes."""


class Result(NamedTuple):
    """How a system did."""

    rows_a_second: float
    own_s: float
    children_s: float
    num_flying: float
    """Mean in flight between the first request and the last answer, as the endpoint saw it."""
    full_share: float | None
    """Mean in flight over what is allowed, from when it was first full to the last request."""
    rss_mb: float
    version: str


class System(NamedTuple):
    """A row of the table."""

    name: str
    driver: str
    python: str
    load: Load


def main() -> None:
    """Measure and report."""
    options = _options()
    load = Load(options.rows, options.concurrency, options.latency, tuple(options.bytes))
    if options.quick:
        load = load._replace(num_rows=200, concurrency=32)
    chosen = [] if options.quick else options.peer
    rounds = {
        "systems": lambda: _systems(load, chosen, is_streaming=options.streaming),
        "long": lambda: _long(is_streaming=options.streaming),
        "memory": _memory,
    }
    for name, reason in ABSENT.items():
        results.note(f"{name} is not compared: {reason}")
    results.report(options, lambda: [each for part in options.part or ["systems"] for each in rounds[part]()])


def _systems(load: Load, chosen: Sequence[str], *, is_streaming: bool) -> Iterator[Figure]:
    """Everyone; a peer that does not install or run is told."""
    ours = System("distill", "distill", sys.executable, load)
    yield from _row(ours)
    yield from _row(ours._replace(name="distill, verdicts by workers", load=load._replace(needs_workers=True)))
    if is_streaming:
        yield from _row(ours._replace(name="distill, streamed", load=load._replace(num_events=8)))
    for peer in chosen:
        try:
            yield from _row(System(peer, peer, str(peers.python(f"generate-{peer}", *PEERS[peer])), load))
        except Failed as reason:
            results.note(f"{peer} does not run: {str(reason).splitlines()[-1][:200]}")
    yield from _row(System(LIMIT, "aiohttp", sys.executable, load))


def _row(system: System) -> list[Figure]:
    """One system, once on a few rows and once on all."""
    small, large = system.load._replace(num_rows=max(1, system.load.num_rows // 5)), system.load
    few, many = measure(system._replace(load=small)), measure(system)
    more_s = many.own_s + many.children_s - few.own_s - few.children_s
    steady = 1e6 * more_s / (large.num_rows - small.num_rows)
    case = f"{large.num_rows:,} rows of {large.sizes[0]:,}–{large.sizes[1]:,} bytes, {large.concurrency:,} in flight"
    who, is_limit = (system.name, many.version), system.name == LIMIT
    whole = 1e6 * (many.own_s + many.children_s) / large.num_rows
    return [
        _less(case, who, whole, "CPU µs per row", is_limit=is_limit),
        _less("… without start", who, steady, "CPU µs per row", is_limit=is_limit),
        _less("… memory at its peak", who, many.rss_mb, "MB", is_limit=is_limit),
        figure(("generate", "… answers"), who, many.rows_a_second, "rows/s", is_limit=is_limit),
    ]


def _less(case: str, who: tuple[str, str], value: float, unit: str, *, is_limit: bool = False) -> Figure:
    return figure(("generate", case), who, value, unit, higher_is_better=False, is_limit=is_limit)


def _long(*, is_streaming: bool) -> Iterator[Figure]:
    """Many in flight, long answers."""
    load = Load(10_000, 2048, 3.0, (12_000, 48_000))
    for name, num_events in (("distill", 0), ("distill, streamed", 8))[: 1 + is_streaming]:
        found = measure(System(name, "distill", sys.executable, load._replace(num_events=num_events)))
        who = (name, found.version)
        yield _less("long answers", who, 1e6 * (found.own_s + found.children_s) / load.num_rows, "CPU µs per row")
        yield figure(
            ("generate", "long answers, in flight of what is allowed"), who, 100 * (found.full_share or 0), "%"
        )
        yield _less("long answers, memory at its peak", who, found.rss_mb, "MB")


def _memory() -> Iterator[Figure]:
    """The same client with ten times the rows."""
    for num_rows in (20_000, 200_000):
        found = measure(System("distill", "distill", sys.executable, Load(num_rows, 512, 0.02, (2000, 8000))))
        yield _less(f"memory at {num_rows:,} rows", ("distill", found.version), found.rss_mb, "MB")


def measure(system: System) -> Result:
    """Run a system against an endpoint of its own. Raises Failed where it fails or leaves rows unasked."""
    load = system.load
    with tempfile.TemporaryDirectory() as folder, _stand_in(load) as url:
        prompts = Path(folder) / "prompts.jsonl"
        prompts.write_text("".join(json.dumps(_prompt(load, i)) + "\n" for i in range(load.num_rows)))
        line = [system.python, str(HERE / "generate_drivers.py"), system.driver, str(prompts), f"{url}/v1"]
        environment = os.environ | {"PYTHONPATH": str(ROOT) if system.python == sys.executable else ""}
        try:
            done = subprocess.run(
                [*line, str(Path(folder) / "out"), str(load.concurrency)],
                env=environment, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_S,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {TIME_LIMIT_S} s") from None
        if done.returncode != 0:
            raise Failed(_last_line(done.stderr))
        took = json.loads(done.stdout.strip().splitlines()[-1])
        stats = json.loads(urllib.request.urlopen(f"{url}/stats").read())  # noqa: S310 - always http on loopback
    if stats["requests"] < load.num_rows:
        raise Failed(f"{stats['requests']:,} of {load.num_rows:,} rows were asked")
    share = stats["mean_when_full"] and stats["mean_when_full"] / load.concurrency
    rate = stats["requests"] / stats["seconds"]
    return Result(rate, num_flying=stats["mean"], full_share=share, **took)


def _prompt(load: Load, number: int) -> dict[str, object]:
    """Every answer of the stand-in is 4; beside an expression only the verifier's processes can tell."""
    answer = rf"\frac{{x^2+{number}}}{{x+1}}" if load.needs_workers else "4"
    return {"id": f"q{number}", "prompt": f"What is {number} + {number + 1}?", "answer": answer}


@contextmanager
def _stand_in(load: Load) -> Iterator[str]:
    """The endpoint, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [sys.executable, str(HERE / "stand_in.py"), "--port", str(port), "--latency", str(load.latency_s)]
    line += ["--events", str(load.num_events), "--full", str(load.concurrency)]
    server = subprocess.Popen([*line, "--bytes", *map(str, load.sizes)])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1][:200]


def _options() -> argparse.Namespace:
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--concurrency", type=int, default=512)
    parser.add_argument("--latency", type=float, default=0.02, help="median seconds of an answer")
    parser.add_argument("--bytes", type=int, nargs=2, default=(2000, 8000), metavar=("FROM", "TO"))
    parser.add_argument("--part", action="append", choices=("systems", "long", "memory"), help="repeatable")
    parser.add_argument("--peer", nargs="*", default=list(PEERS), choices=list(PEERS), help="default: all")
    parser.add_argument("--streaming", action="store_true", help="also with an endpoint that streams in eight pieces")
    return parser.parse_args()


if __name__ == "__main__":
    main()

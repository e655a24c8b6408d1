"""What a row costs: distill and its peers against a stand-in endpoint, and the client library alone as their floor.

    python scripts/bench/generate.py                          # distill, its floor, and the peers that install
    python scripts/bench/generate.py --part long --part memory --streaming --json figures.json

Parts: `systems` (all, at 512 in flight), `long` (2,048 in flight, answers of 30 kB, 3 s: CPU, and how full the endpoint
is kept), `memory` (of the client, at 20,000 and 200,000 rows). Peers get virtual environments under `.venvs/`.

Rows a second depend on the machine and its neighbours; CPU microseconds a row (user + system of the client and its
children) are the robust figure. Each system runs on all rows and on a fifth of them: the difference is what a row costs
once everything has started. Of several rounds the median is shown, and the range.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
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


class Figure(NamedTuple):
    """One number of the JSON file."""

    name: str
    value: float
    unit: str
    peer: str
    version: str
    low: float
    high: float


class Failed(Exception):  # noqa: N818 - an outcome that the table shows
    """A system did not install or did not run."""


def main() -> None:
    """Run the parts that are wanted, print their tables."""
    options = _options()
    load = Load(options.rows, options.concurrency, options.latency, tuple(options.bytes))
    parts = options.part or ["systems"]
    figures: list[Figure] = []
    if "systems" in parts:
        figures += _systems(load, options.rounds, options.peer, is_streaming=options.streaming)
    if "long" in parts:
        figures += _long(options.rounds, is_streaming=options.streaming)
    if "memory" in parts:
        figures += _memory()
    if options.json:
        options.json.write_text(json.dumps([figure._asdict() for figure in figures], indent=1) + "\n")


def _systems(load: Load, num_rounds: int, peers: Sequence[str], *, is_streaming: bool) -> list[Figure]:
    """Everyone, in one table."""
    print(_title(load))
    print("| system | rows/s | CPU µs/row | without start | of it children | mean in flight | memory MB | version |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    systems = [
        System("distill, durable, verdicts flowing", "distill", sys.executable, load),
        System("distill, verdicts by workers", "distill", sys.executable, load._replace(needs_workers=True)),
        System("aiohttp alone, nothing stored", "aiohttp", sys.executable, load),
    ]
    if is_streaming:
        systems.insert(2, System("distill, streamed", "distill", sys.executable, load._replace(num_events=8)))
    for peer in peers:
        try:
            systems.append(System(peer, peer, _interpreter(peer), load))
        except Failed as reason:
            print(f"| {peer} | does not install: {reason} |", flush=True)
    figures = [figure for system in systems for figure in _row(system, num_rounds)]
    for name, why in ABSENT.items():
        print(f"| {name} | {why} |")
    return figures


def _row(system: System, num_rounds: int) -> list[Figure]:
    """One system, so many times."""
    small, large = system.load._replace(num_rows=max(1, system.load.num_rows // 5)), system.load
    try:
        rounds = [(measure(system._replace(load=small)), measure(system)) for _ in range(num_rounds)]
    except Failed as reason:
        print(f"| {system.name} | does not run: {reason} |", flush=True)
        return []
    whole = [(many.own_s + many.children_s) / large.num_rows * 1e6 for _, many in rounds]
    num_more = large.num_rows - small.num_rows
    children = [(many.children_s - few.children_s) / num_more * 1e6 for few, many in rounds]
    steady = [
        (many.own_s - few.own_s) / num_more * 1e6 + more for (few, many), more in zip(rounds, children, strict=True)
    ]
    columns = [
        ("rate", "rows/s", [many.rows_a_second for _, many in rounds]),
        ("cpu", "µs/row", whole),
        ("cpu without start", "µs/row", steady),
        ("cpu of children", "µs/row", children),
        ("mean in flight", "requests", [many.num_flying for _, many in rounds]),
        ("memory", "MB", [many.rss_mb for _, many in rounds]),
    ]
    version = rounds[0][1].version
    print(f"| {system.name} | {' | '.join(_shown(values) for _, _, values in columns)} | {version} |", flush=True)
    return [_figure(name, unit, values, system.name, version) for name, unit, values in columns]


def _long(num_rounds: int, *, is_streaming: bool) -> list[Figure]:
    """Many in flight, long answers."""
    load = Load(10_000, 2048, 3.0, (12_000, 48_000))
    print(_title(load))
    print("| system | CPU µs/row | in flight, of what is allowed | memory MB |")
    print("| --- | --- | --- | --- |")
    figures = []
    for name, num_events in (("distill", 0), ("distill, streamed", 8))[: 1 + is_streaming]:
        system = System(name, "distill", sys.executable, load._replace(num_events=num_events))
        rounds = [measure(system) for _ in range(num_rounds)]
        cpu = [(each.own_s + each.children_s) / load.num_rows * 1e6 for each in rounds]
        share = [100 * (each.full_share or 0.0) for each in rounds]
        memory = [each.rss_mb for each in rounds]
        print(f"| {name} | {_shown(cpu)} | {median(share):.1f} % | {_shown(memory)} |", flush=True)
        columns = (
            ("cpu, long answers", "µs/row", cpu),
            ("in flight", "%", share),
            ("memory, long answers", "MB", memory),
        )
        figures += [_figure(what, unit, values, name, rounds[0].version) for what, unit, values in columns]
    return figures


def _memory() -> list[Figure]:
    """The same client with ten times the rows."""
    print("\n| rows | peak memory MB | CPU µs/row |")
    print("| --- | --- | --- |")
    figures = []
    for num_rows in (20_000, 200_000):
        found = measure(System("distill", "distill", sys.executable, Load(num_rows, 512, 0.02, (2000, 8000))))
        cpu = (found.own_s + found.children_s) / num_rows * 1e6
        print(f"| {num_rows:,} | {found.rss_mb:,.0f} | {cpu:,.0f} |", flush=True)
        figures.append(_figure(f"memory at {num_rows} rows", "MB", [found.rss_mb], "distill", found.version))
    return figures


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


def _interpreter(peer: str) -> str:
    """The Python of a peer's virtual environment, which is made on first use."""
    home = ROOT / ".venvs" / peer
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        line = [str(python), "-m", "pip", "install", "--quiet", *PEERS[peer]]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(home)
            raise Failed(_last_line(done.stderr))
    return str(python)


def _title(load: Load) -> str:
    return (
        f"\n{load.num_rows:,} rows of {load.sizes[0]:,}–{load.sizes[1]:,} bytes, {load.concurrency:,} in flight, "
        f"{load.latency_s * 1000:g} ms; {os.cpu_count()} cores\n"
    )


def _figure(name: str, unit: str, values: Sequence[float], peer: str, version: str) -> Figure:
    return Figure(name, round(median(values), 3), unit, peer, version, round(min(values), 3), round(max(values), 3))


def _shown(values: Sequence[float]) -> str:
    spread = f" ({min(values):,.0f}–{max(values):,.0f})" if len(values) > 1 else ""
    return f"{median(values):,.0f}{spread}"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it says nothing"])[-1][:200]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--concurrency", type=int, default=512)
    parser.add_argument("--latency", type=float, default=0.02, help="median seconds of an answer")
    parser.add_argument("--bytes", type=int, nargs=2, default=(2000, 8000), metavar=("FROM", "TO"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", action="append", choices=("systems", "long", "memory"), help="repeatable")
    parser.add_argument("--peer", nargs="*", default=list(PEERS), choices=list(PEERS), help="default: all")
    parser.add_argument("--streaming", action="store_true", help="also with an endpoint that streams in eight pieces")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()

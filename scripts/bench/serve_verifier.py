"""Verdicts through `distill serve-verifier`, beside `distill verify FILE` on the same rows in the same round.

    python scripts/bench/serve_verifier.py [--clients 16] [--batch 64]

Half of the rows are plain numbers, half are expressions that the worker processes compare; no two are the same, since
decisions are remembered. Starting counts on neither side: the file's time is that of the command on all rows less that
on a few, the service has answered a few before. Clients, in this process, share the machine with the service.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp
import peers
import results
from cost import cost
from results import Figure, figure

FEW = 64
WORKERS = 2
NUM_SINGLE = 200
Row = dict[str, str]


class Load(NamedTuple):
    """How the service is asked."""

    num_rows: int
    num_clients: int
    batch: int


def rows(first: int, count: int) -> list[Row]:
    """Right and wrong answers in turns, numbers and expressions in turns."""
    return [_row(number) for number in range(first, first + count)]


def _row(number: int) -> Row:
    said = number if number % 4 < 2 else number + 1
    if number % 2:
        return {"id": str(number), "answer": str(number), "completion": f"So it is \\boxed{{{said}}}."}
    return {"id": str(number), "answer": f"x+{number}", "completion": f"So it is \\boxed{{{said}+x}}."}


def by_file(asked: Sequence[Row], folder: Path) -> tuple[float, list[str]]:
    """Seconds of `distill verify FILE` without its start, and the outcomes."""
    few, _ = _verify(rows(-FEW, FEW), folder)
    seconds, outcomes = _verify(asked, folder)
    return seconds - few, outcomes


def _verify(asked: Sequence[Row], folder: Path) -> tuple[float, list[str]]:
    file, out = folder / f"{len(asked)}.jsonl", folder / f"{len(asked)}-verdicts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in asked))
    spent = cost(_distill("verify", str(file), "--out", str(out), "--workers", str(WORKERS)))
    return spent.wall_s, [json.loads(line)["outcome"] for line in out.read_text().splitlines()]


@contextmanager
def service() -> Iterator[str]:
    """The command at a free port; its address."""
    line = _distill("serve-verifier", "--port", "0", "--workers", str(WORKERS))
    with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=peers.ROOT, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _distill(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "distill", *arguments]


async def by_service(asked: Sequence[Row], load: Load, address: str) -> tuple[float, list[str]]:
    """Seconds until every row has its verdict, `num_clients` requests at once, and the outcomes."""
    bodies = [json.dumps(asked[k : k + load.batch]).encode() for k in range(0, len(asked), load.batch)]
    waiting, replies = list(enumerate(bodies))[::-1], dict[int, bytes]()

    async def client(session: aiohttp.ClientSession) -> None:
        while waiting:
            number, body = waiting.pop()
            replies[number] = await _post(session, address, body)

    async with aiohttp.ClientSession() as session:
        await _post(session, address, json.dumps(rows(-FEW, FEW)).encode())
        began_s = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(load.num_clients)))
        seconds = time.perf_counter() - began_s
    return seconds, [verdict["outcome"] for number in sorted(replies) for verdict in json.loads(replies[number])]


async def one_by_one(asked: Sequence[Row], address: str) -> float:
    """Median milliseconds of a request of one row, with nothing else to do."""
    taken: list[float] = []
    async with aiohttp.ClientSession() as session:
        for row in asked:
            began_s = time.perf_counter()
            await _post(session, address, json.dumps([row]).encode())
            taken.append(1e3 * (time.perf_counter() - began_s))
    return statistics.median(taken)


async def _post(session: aiohttp.ClientSession, address: str, body: bytes) -> bytes:
    async with session.post(f"{address}/verify", data=body) as reply:
        reply.raise_for_status()
        return await reply.read()


def measure(load: Load) -> Iterator[Figure]:
    """One round."""
    name, version = peers.ours()
    asked = rows(0, load.num_rows)
    with tempfile.TemporaryDirectory() as folder:
        file_s, expected = by_file(asked, Path(folder))
    with service() as address:
        service_s, outcomes = asyncio.run(by_service(asked, load, address))
        single_ms = asyncio.run(one_by_one(rows(load.num_rows, NUM_SINGLE), address))
    if outcomes != expected:
        sys.exit("The service and `distill verify FILE` disagree.")
    case = f"{load.num_rows:,} rows, {load.num_clients} clients, {load.batch} rows a request"
    for system, seconds in (("service", service_s), ("verify FILE", file_s)):
        yield figure(("serve_verifier", case), (f"{name}, {system}", version), load.num_rows / seconds, "verdicts/s")
    who = (f"{name}, service", version)
    yield figure(("serve_verifier", "the service's rate, of that of the file"), who, 100 * file_s / service_s, "%")
    yield figure(("serve_verifier", "a request of one row"), who, single_ms, "ms", higher_is_better=False)


def main() -> None:
    """Measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--clients", type=int, default=16, help="requests at once")
    parser.add_argument("--batch", type=int, default=64, help="rows of a request")
    options = parser.parse_args()
    load = Load(2_000 if options.quick else 50_000, options.clients, options.batch)
    results.report(options, lambda: list(measure(load)))


if __name__ == "__main__":
    main()

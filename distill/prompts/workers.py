"""Workers that decide on the rows of a source: processes of this machine, or a Ray cluster. Both decide the same."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import orjson

from distill import __version__
from distill.cluster.ray_cluster import awaiting, connect, refuse_other_version, room, task, use_standard_loop
from distill.prompts.intake import Dropped, Intake, Item, Taken, drop
from distill.prompts.normalise import SetAside
from distill.prompts.overlap.duplicates import Fingerprint
from distill.prompts.self_check import SelfCheck
from distill.recipe.sections import VerifySection
from distill.rows.prompt_file import prompt_line
from distill.verifiers.dispatch import Verifiers

if TYPE_CHECKING:
    from ray import ObjectRef

Problems = list[tuple[str, list[str]]]
"""Of the benchmarks: name and content words."""


class Waiting(NamedTuple):
    """A row that stays unless another says the same. Its lines are made by the workers: one process writes for all."""

    lines: bytes
    """Source, place, domain and id; the prompt."""
    fingerprint: Fingerprint
    rank: int
    answer: int


Decided = list[Waiting | Dropped]
Decide = Callable[[list[Item]], Awaitable[Decided]]


class RowWorkers(NamedTuple):
    """What decides on chunks of rows."""

    decide: Decide
    window: int
    """Chunks to give at once."""


@asynccontextmanager
async def here(num_workers: int, problems: Problems) -> AsyncIterator[RowWorkers]:
    """Processes of this machine."""
    async with Verifiers(VerifySection(workers=num_workers)) as verifiers:
        check = SelfCheck(verifiers)
        with _processes(num_workers, problems) as decide:

            async def process(chunk: list[Item]) -> Decided:
                return await _checked(await decide(chunk), check)

            yield RowWorkers(process, 2 * num_workers)


@asynccontextmanager
async def on_ray(address: str, limit: int | None, problems: Problems) -> AsyncIterator[RowWorkers]:
    """Every core of a cluster, or at most `limit` of them.

    Tasks and not actors: when a worker or a node dies, Ray gives its chunks to whoever is left, whereas an actor waits
    for a node like its own to come, and with it all rows behind its chunk. References are checked where the rows are
    decided on, since one machine's verifiers could not keep up with a cluster.
    """
    ray = connect(address)
    window = limit or 2 * room(ray)
    there = task(ray, _decide_there)
    known = ray.put(problems)

    async def process(chunk: list[Item]) -> Decided:
        with awaiting(ray, f"the rows from {chunk[0].located.where} to {chunk[-1].located.where}"):
            decided: Decided = await there.remote(__version__, [known], chunk)
        return decided

    yield RowWorkers(process, window)


def _decide_there(version: str, known: "Sequence[ObjectRef[Problems]]", chunk: list[Item]) -> Decided:
    """The task of the cluster.

    Ray resolves a reference that is an argument itself, but none inside a list: so the problems travel once a process.
    """
    refuse_other_version(version)
    return _row_worker(known[0]).decide(chunk)


@cache
def _row_worker(known: "ObjectRef[Problems]") -> "_RowWorker":
    """The worker of this process, which serves many tasks."""
    import ray

    return _RowWorker(ray.get(known))


class _RowWorker:
    """Decides on rows and checks their references, on one core: it waits while its only verifying process works."""

    def __init__(self, problems: Problems) -> None:
        use_standard_loop()
        self._loop = asyncio.Runner()
        self._intake = Intake(problems)
        self._check = SelfCheck(Verifiers(VerifySection(workers=1)))

    def decide(self, chunk: list[Item]) -> Decided:
        """Decide on a chunk."""
        return self._loop.run(_checked([self._intake.decide(item) for item in chunk], self._check))


async def _checked(rows: list[Taken | Dropped], check: SelfCheck) -> Decided:
    """Rows whose reference its own verifier does not accept are set aside."""

    async def checked(row: Taken | Dropped) -> Waiting | Dropped:
        if isinstance(row, Dropped):
            return row
        problem = await check.problem(row.prompt.reference)
        if problem is None:
            head = orjson.dumps([row.source, row.where, row.prompt.domain, row.prompt.id])
            return Waiting(head + b"\n" + prompt_line(row.prompt), row.fingerprint, row.rank, row.answer)
        why = SetAside("the verifier does not accept the reference as its own answer", problem)
        return drop(row.source, row.where, why, row.prompt.domain)

    return list(await asyncio.gather(*map(checked, rows)))


_intake: list[Intake] = []
"""Of this worker process; filled when it starts, since a process pool hands nothing else to its functions."""


@contextmanager
def _processes(number: int, problems: Problems) -> Iterator[Callable[[list[Item]], Awaitable[list[Taken | Dropped]]]]:
    """Processes that map, normalise and compare chunks; with one worker this process does it."""
    if number == 1:
        intake = Intake(problems)

        async def decide_here(chunk: list[Item]) -> list[Taken | Dropped]:
            return [intake.decide(item) for item in chunk]

        yield decide_here
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, context, _start_process, (problems,)) as pool:

        async def decide(chunk: list[Item]) -> list[Taken | Dropped]:
            return await asyncio.wrap_future(pool.submit(_decide, chunk))

        yield decide


def _start_process(problems: Problems) -> None:
    _intake.append(Intake(problems))


def _decide(chunk: list[Item]) -> list[Taken | Dropped]:
    return [_intake[0].decide(item) for item in chunk]

"""The same work on many chunks: in this process, in several processes of this machine, or on a Ray cluster.

The results are the same everywhere, and come in the order of the chunks. A few chunks are taken ahead for every
process, so that none waits for its next one; memory holds these and their results only.
"""

import multiprocessing
import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from distill import __version__
from distill.cluster.ray_cluster import awaiting, connect, refuse_other_version, room, task, use_standard_loop
from distill.ordered import ahead

if TYPE_CHECKING:
    from ray import ObjectRef

CHUNKS_A_PROCESS = 2
"""The one that a process works on, and its next one."""
Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
Chunk_contra = TypeVar("Chunk_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)


class ChunkWorker(Protocol[Chunk_contra, Result_co]):
    """Works on one chunk after another in the process where it was made."""

    def __call__(self, chunk: Chunk_contra, /) -> Result_co:
        """The result of a chunk."""
        ...

    def close(self) -> None:
        """Release what the worker holds. Called in this process only: other workers end with their process."""
        ...


class Work(Protocol[Chunk_contra, Result_co]):
    """What is to be done; it is pickled once and travels to every process."""

    def set_up(self) -> ChunkWorker[Chunk_contra, Result_co]:
        """Make a worker, once in every process."""
        ...

    def describe(self, chunk: Chunk_contra, /) -> str:
        """What a chunk is, for messages: `samples in run/0.parquet`."""
        ...


class Here(NamedTuple):
    """Processes of this machine; 1 is this process itself."""

    num_processes: int = 1


class OnRay(NamedTuple):
    """A Ray cluster."""

    address: str
    window: int | None = None
    """Chunks there at once, each on a core of its own; None: `CHUNKS_A_PROCESS` for every core of the cluster."""


def fan_out(chunks: Iterable[Chunk], work: Work[Chunk, Result], where: Here | OnRay) -> Iterator[Result]:
    """The results of all chunks in their order.

    Raises what the work raises. On Ray also MissingExtraError without Ray, and RunError where no cluster answers,
    where a node has another version of distill, and where workers have died again and again.
    """
    if isinstance(where, OnRay):
        return _on_ray(chunks, work, where)
    return _in_processes(chunks, work, where.num_processes) if where.num_processes > 1 else _in_turn(chunks, work)


def _in_turn(chunks: Iterable[Chunk], work: Work[Chunk, Result]) -> Iterator[Result]:
    with closing(work.set_up()) as worker:
        yield from map(worker, chunks)


def _in_processes(chunks: Iterable[Chunk], work: Work[Chunk, Result], number: int) -> Iterator[Result]:
    """The work lies in a file that each process reads once: it may be too large to go along with every chunk."""
    context = multiprocessing.get_context("spawn")
    with TemporaryDirectory() as folder, ProcessPoolExecutor(number, context) as pool:
        file = Path(folder, "work.pickle")
        file.write_bytes(pickle.dumps(work))
        results = (pool.submit(_in_process, file, chunk) for chunk in chunks)
        for result in ahead(results, CHUNKS_A_PROCESS * number):
            found: Result = result.result()  # type: ignore[assignment]  # the worker lies in a file without types
            yield found


def _in_process(file: Path, chunk: object) -> object:
    """What runs in a process of this machine."""
    return _worker_of_file(file)(chunk)


@lru_cache(maxsize=1)
def _worker_of_file(file: Path) -> ChunkWorker[object, object]:
    """The worker of this process."""
    work: Work[object, object] = pickle.loads(file.read_bytes())  # noqa: S301 - written by our own parent
    return work.set_up()


def _on_ray(chunks: Iterable[Chunk], work: Work[Chunk, Result], where: OnRay) -> Iterator[Result]:
    """Tasks and not actors: when a worker or a node dies, Ray gives its chunks to whoever is left.

    An actor would wait for a node like its own to come, and with it all chunks behind its own.
    """
    ray = connect(where.address)
    there, known = task(ray, _in_task), ray.put(work)
    tasks = ((chunk, there.remote(__version__, [known], chunk)) for chunk in chunks)
    for chunk, result in ahead(tasks, where.window or CHUNKS_A_PROCESS * room(ray)):
        with awaiting(ray, work.describe(chunk)):
            found: Result = ray.get(result)
        yield found


def _in_task(version: str, known: "list[ObjectRef[Work[object, object]]]", chunk: object) -> object:
    """What runs on the cluster.

    Ray replaces a reference that is an argument itself by its value, but not one inside a list: so the work travels
    once a process.
    """
    refuse_other_version(version)
    return _worker_of_reference(known[0])(chunk)


@lru_cache(maxsize=1)
def _worker_of_reference(known: "ObjectRef[Work[object, object]]") -> ChunkWorker[object, object]:
    """The worker of this process, which runs many tasks."""
    import ray

    use_standard_loop()
    return ray.get(known).set_up()

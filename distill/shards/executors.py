"""Two ways to run the shards of a plan: in this process, or on a Ray cluster. Slurm and shells run `distill work`."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypedDict
from weakref import finalize

from distill.cluster.ray_cluster import connect, room, use_standard_loop
from distill.errors import DistillError
from distill.shards.plan import ShardReport
from distill.shards.worker import ShardWorker

Executor = Callable[[Sequence[int]], Iterator[ShardReport]]
"""Runs shards, given by their numbers, and reports each; where a worker dies, another may run its shard."""


def here(url: str, scratch: Path | None = None) -> Executor:
    """One shard after another in this process."""

    def run(numbers: Sequence[int]) -> Iterator[ShardReport]:
        with ShardWorker.open(url, scratch) as worker:
            for number in numbers:
                yield worker.run(number)

    return run


class ShardRow(TypedDict):
    """The row that Ray Data sees of a shard; `report` is JSON, empty on the way there."""

    number: int
    report: str


class RayWorker:
    """A worker as Ray Data calls it, one shard at a time.

    Ray makes it, and drops it when there is no more work; its engine and verifiers end then. A node on which it cannot
    be made reports why for each shard that it is given: an error while Ray makes it would reach the command as a
    traceback of Ray's.
    """

    def __init__(self, url: str, scratch: Path | None) -> None:
        use_standard_loop()
        stack = ExitStack()
        finalize(self, stack.close)  # unlike `__del__` also where the process ends first
        self._worker: ShardWorker | None = None
        self._problem = ""
        try:
            self._worker = stack.enter_context(ShardWorker.open(url, scratch))
        except DistillError as error:
            self._problem = str(error)

    def __call__(self, row: ShardRow) -> ShardRow:
        """Run one shard."""
        number = row["number"]
        report = self._worker.run(number) if self._worker else ShardReport(number=number, error=self._problem)
        return {"number": number, "report": report.model_dump_json()}


def on_ray(address: str, url: str, num_cpus: int, num_gpus: int, scratch: Path | None = None) -> Executor:
    """As many workers as a Ray cluster has room for, now and later, each with `num_cpus` cores and `num_gpus` GPUs.

    Ray runs a shard again elsewhere when its worker or node dies. It does not outlive this process, the driver: what
    its workers had stored is taken over when the command is run again.
    """

    def run(numbers: Sequence[int]) -> Iterator[ShardReport]:
        ray = connect(address)
        import ray.data as ray_data

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        num_actors = min(room(ray, num_cpus, num_gpus), len(numbers))
        context = ray_data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        rows: list[ShardRow] = [{"number": number, "report": ""} for number in numbers]
        done = ray_data.from_items(rows, override_num_blocks=len(rows)).map(
            RayWorker,  # type: ignore[arg-type]  # a ShardRow is the dictionary that Ray means
            fn_constructor_args=(url, scratch),
            compute=ray_data.ActorPoolStrategy(
                min_size=num_actors, max_size=len(numbers), max_tasks_in_flight_per_actor=2
            ),
            num_cpus=num_cpus,
            num_gpus=num_gpus,
        )
        for row in done.iter_rows():
            yield ShardReport.model_validate_json(row["report"])

    return run

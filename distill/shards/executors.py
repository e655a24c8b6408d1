"""Who runs the shards of a plan: this process, or a Ray cluster. Slurm and shells run `distill work` themselves."""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from distill.cluster.ray_cluster import connect, room, use_standard_loop
from distill.shards.plan import Report
from distill.shards.worker import Worker

Executor = Callable[[Sequence[int]], Iterator[Report]]
"""Runs these shards and reports each; it may give a shard to another worker when one dies."""


def here(url: str, scratch: Path | None = None) -> Executor:
    """One shard after another in this process."""

    def run(numbers: Sequence[int]) -> Iterator[Report]:
        with Worker(url, scratch) as worker:
            for number in numbers:
                yield worker.run(number)

    return run


class Ticket(TypedDict):
    """The row that Ray Data sees of a shard; `report` is JSON, empty on the way there."""

    number: int
    report: str


class Actor:
    """A worker as Ray Data calls it, one shard at a time."""

    def __init__(self, url: str, scratch: Path | None) -> None:
        use_standard_loop()
        self._worker = Worker(url, scratch).__enter__()

    def __call__(self, ticket: Ticket) -> Ticket:
        """Run one shard."""
        report = self._worker.run(ticket["number"])
        return {"number": ticket["number"], "report": report.model_dump_json()}


def on_ray(address: str, url: str, num_cpus: int, num_gpus: int, scratch: Path | None = None) -> Executor:
    """Workers on a Ray cluster, each with so many cores and GPUs; as many as it has room for, now and later.

    Ray runs a shard again elsewhere when its worker or node dies. It does not outlive this process, the driver: what
    its workers had stored is taken over when the command is run again.
    """

    def run(numbers: Sequence[int]) -> Iterator[Report]:
        ray = connect(address)
        import ray.data as ray_data

        logging.getLogger("ray.data").setLevel(logging.ERROR)
        num_actors = min(room(ray, num_cpus, num_gpus), len(numbers))
        context = ray_data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        tickets: list[Ticket] = [{"number": number, "report": ""} for number in numbers]
        done = ray_data.from_items(tickets, override_num_blocks=len(tickets)).map(
            Actor,  # type: ignore[arg-type]  # a Ticket is the dictionary that Ray means
            fn_constructor_args=(url, scratch),
            compute=ray_data.ActorPoolStrategy(
                min_size=num_actors, max_size=len(numbers), max_tasks_in_flight_per_actor=2
            ),
            num_cpus=num_cpus,
            num_gpus=num_gpus,
        )
        for row in done.iter_rows():
            yield Report.model_validate_json(row["report"])

    return run

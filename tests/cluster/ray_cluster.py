"""A Ray cluster of several nodes on this machine, each a set of processes; nodes may be killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

OBJECT_STORE_BYTES = 80 * 2**20


class Cluster(Protocol):
    """What tests use of `ray.cluster_utils.Cluster`."""

    @property
    def address(self) -> str:
        """Where drivers connect."""
        ...

    def add_node(self, wait: bool = True, **options: object) -> Any:
        """Start a node; returns what `remove_node` takes."""
        ...

    def remove_node(self, node: Any, allow_graceful: bool = True) -> None:
        """Kill a node's processes."""
        ...

    def shutdown(self) -> None:
        """Kill all."""
        ...


@contextmanager
def cluster(num_nodes: int, cpus: int = 1) -> Iterator[Cluster]:
    """A head without cores, and `num_nodes` with `cpus` each."""
    # By default its workers stand behind everything else on the machine.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray's own spelling
    from ray.cluster_utils import Cluster as RayCluster

    head = {"num_cpus": 0, "object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    found: Any = RayCluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(num_nodes):
            found.add_node(num_cpus=cpus, object_store_memory=OBJECT_STORE_BYTES)
        yield found
    finally:
        found.shutdown()

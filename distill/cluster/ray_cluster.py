"""A Ray cluster: reaching it, how much room it has, tasks on it, and what its workers need before our code runs."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from distill import __version__
from distill.errors import DistillError, MissingExtraError, RunError

if TYPE_CHECKING:
    from ray.remote_function import RemoteFunction

CONNECT_TIMEOUT_S = 10.0
MAX_RETRIES = 10
"""Ray workers or nodes that may die under one task; nodes that come and go take seldom two in a row from it."""


def connect(address: str) -> ModuleType:
    """The package `ray`, connected. Raises MissingExtraError without it, and RunError where no cluster answers."""
    try:
        import ray
    except ImportError:
        raise MissingExtraError("--ray needs Ray; install it with: pip install 'distill[ray]'") from None
    logging.getLogger("ray._private").setLevel(logging.ERROR)
    if not ray.is_initialized():
        try:
            _knock(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError, RuntimeError) as error:
            raise RunError(
                f"There is no Ray cluster at {address} ({error}); start one with `ray start --head`."
            ) from None
    return ray


def _knock(address: str) -> None:
    """Raises OSError where nobody listens at HOST:PORT; Ray itself goes on trying for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit():
        socket.create_connection((host.removeprefix("ray://"), int(port)), timeout=CONNECT_TIMEOUT_S).close()


def room(ray: ModuleType, num_cpus: int = 1, num_gpus: int = 0) -> int:
    """How many workers of this size the cluster holds when nobody else uses it. Raises RunError where it is none."""
    there = ray.cluster_resources()
    found = int(there.get("CPU", 0)) // num_cpus
    if num_gpus:
        found = min(found, int(there.get("GPU", 0)) // num_gpus)
    if found == 0:
        raise RunError(
            f"No worker of {num_cpus} cores and {num_gpus} GPUs has room on the Ray cluster; see `ray status`, "
            "add a node, or ask for smaller workers with --workers."
        )
    return found


def task(ray: ModuleType, function: Callable[..., object]) -> "RemoteFunction":
    """A function as a task of one core, which Ray gives to another worker when one dies; see `awaiting`."""
    there: RemoteFunction = ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(function)
    return there


@contextmanager
def awaiting(ray: ModuleType, what: str) -> Iterator[None]:
    """Around waiting for a task about `what`: what goes wrong there is raised as if it had gone wrong here.

    Raises RunError where its workers have died again and again.
    """
    found = ray.exceptions
    try:
        yield
    except (found.WorkerCrashedError, found.NodeDiedError, found.OutOfMemoryError):
        raise RunError(
            f"{MAX_RETRIES + 1} Ray workers have died of {what}; `ray list tasks` says how. Mend that and run the "
            "command again."
        ) from None
    except found.RayTaskError as error:
        if isinstance(error.cause, DistillError):
            raise error.cause from None
        raise


def refuse_other_version(version: str) -> None:
    """In a worker: Raises RunError where the command is of another version of distill than this node."""
    if version != __version__:
        raise RunError(
            f"The node {socket.gethostname()} has distill {__version__}, and the command is of {version}; install the "
            "same on all nodes."
        )


def use_standard_loop() -> None:
    """In a worker: Ray puts uvloop in place of the standard loop, and the pipes of our own workers rely on that one."""
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())

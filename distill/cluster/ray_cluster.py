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
"""Ray workers or nodes that may die while they run one task; where nodes come and go, two in a row are rare."""


def connect(address: str) -> ModuleType:
    """The package `ray`, connected. Raises MissingExtraError without it, and RunError where no cluster answers."""
    try:
        import ray
    except ImportError:
        raise MissingExtraError("--ray needs Ray; install it with: pip install 'distill[ray]'") from None
    logging.getLogger("ray._private").setLevel(logging.ERROR)
    if not ray.is_initialized():
        try:
            _check_port(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError, RuntimeError) as error:
            raise RunError(
                f"There is no Ray cluster at {address} ({error}); start one with `ray start --head`."
            ) from None
    return ray


def _check_port(address: str) -> None:
    """Raises OSError where nothing listens at HOST:PORT. Ray itself would go on trying for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit():
        socket.create_connection((host.removeprefix("ray://"), int(port)), timeout=CONNECT_TIMEOUT_S).close()


def room(ray: ModuleType, num_cpus: int = 1, num_gpus: int = 0) -> int:
    """How many workers of this size the whole cluster can hold. Raises RunError where it can hold none."""
    resources = ray.cluster_resources()
    num_workers = int(resources.get("CPU", 0)) // num_cpus
    if num_gpus:
        num_workers = min(num_workers, int(resources.get("GPU", 0)) // num_gpus)
    if num_workers == 0:
        raise RunError(
            f"No worker of {num_cpus} cores and {num_gpus} GPUs has room on the Ray cluster; see `ray status`, "
            "add a node, or ask for smaller workers with --workers."
        )
    return num_workers


def task(ray: ModuleType, function: Callable[..., object]) -> "RemoteFunction":
    """A function as a task of one core, which Ray gives to another worker when one dies; see `awaiting`."""
    remote: RemoteFunction = ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(function)
    return remote


@contextmanager
def awaiting(ray: ModuleType, what: str) -> Iterator[None]:
    """For the code that waits for a task about `what`: an error of ours in the task is raised here as it is.

    Raises RunError where the task's workers have died again and again.
    """
    errors = ray.exceptions
    try:
        yield
    except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError):
        raise RunError(
            f"{MAX_RETRIES + 1} Ray workers have died of {what}; `ray list tasks` says how. Mend that and run the "
            "command again."
        ) from None
    except errors.RayTaskError as error:
        if isinstance(error.cause, DistillError):
            raise error.cause from None
        raise


def refuse_other_version(version: str) -> None:
    """In a worker: raises RunError where the command is of another version of distill than this node."""
    if version != __version__:
        raise RunError(
            f"The node {socket.gethostname()} has distill {__version__}, and the command is of {version}; install the "
            "same on all nodes."
        )


def use_standard_loop() -> None:
    """In a worker: replace Ray's uvloop by the standard event loop, which the pipes of our own workers need."""
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())

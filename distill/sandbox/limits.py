"""What a run may use, and how it ended."""

from enum import StrEnum
from typing import NamedTuple

MIB = 1 << 20


class Limits(NamedTuple):
    """What one run of a program may use."""

    wall_s: float
    """CPU time of all its processes together; time spent waiting for a free CPU is not counted."""
    memory_mb: int
    output_mb: int = 16
    """Of standard output, and of any file that it writes."""
    scratch_mb: int = 64
    """Of all its files together."""
    num_files: int = 4096
    num_processes: int = 64
    """Threads included."""
    num_open_files: int = 256
    caps_address_space: bool = True
    """False for runtimes that reserve far more than they use (V8, the JVM)."""
    idle_s: float | None = None
    """How long it may neither run nor wait for a CPU; None: as long as it may run. Waiting for the other end of a
    link is idle."""


class RunRequest(NamedTuple):
    """What a cell asks its zygote for; files come along as descriptors."""

    mode: str
    """The harness to hand over to."""
    cpu_s: float
    idle_s: float
    address_space_mb: int | None
    output_mb: int
    scratch_mb: int
    num_files: int
    num_processes: int
    num_open_files: int
    memory_mb: int
    """What all processes together may use."""
    is_watched: bool
    """No cgroup holds the sum."""


class Ending(StrEnum):
    """How a run ended."""

    EXITED = "exited"
    """By itself; `Run.status` is its exit status, or minus the signal that ended it."""
    TIME = "time"
    MEMORY = "memory"
    LOST = "lost"
    """The sandbox broke, was killed from outside, or had no CPU to give: nothing is known about the program."""


class Run(NamedTuple):
    """What is known after a run."""

    ending: Ending
    status: int
    stdout: bytes
    stderr: bytes
    """At most the last 64 KiB."""
    result: bytes
    """What the harness reported; a program can write here too, but only about itself."""
    cpu_s: float
    """Of all its processes."""
    wall_s: float

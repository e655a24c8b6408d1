"""What a run may use, and how it ended."""

from enum import StrEnum
from typing import NamedTuple

MIB = 1 << 20


class Limits(NamedTuple):
    """What one run of a program may use."""

    wall_s: float
    """Time that it could have run: time spent waiting for a free CPU is not counted."""
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


class RunRequest(NamedTuple):
    """What a cell asks its zygote for; files come along as descriptors."""

    mode: str
    """The harness to hand over to."""
    wall_s: float
    address_space_mb: int | None
    output_mb: int
    scratch_mb: int
    num_files: int
    num_processes: int
    num_open_files: int
    watched_mb: int | None
    """What all processes together may use, where no cgroup keeps the sum."""


class Ending(StrEnum):
    """How a run ended."""

    EXITED = "exited"
    """By itself; `Run.status` is its exit status, or minus the signal that ended it."""
    TIME = "time"
    MEMORY = "memory"
    LOST = "lost"
    """The sandbox broke, or was killed from outside: nothing is known about the program."""


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
    wall_s: float
    starved_s: float
    """How long it was ready to run and had no CPU."""

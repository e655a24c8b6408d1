"""The processes that make puzzles: several, since some tasks take a second a puzzle, with the same result as one."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, Self

from distill.errors import InputError
from distill.prompts.sources.puzzles.picks import PuzzleTask

HASH_SEED = "0"
"""Of every process; puzzles of some tasks depend on it."""
Puzzles = list[dict[str, Any] | str]
"""A text says why a puzzle was not made."""


class PuzzleBlock(NamedTuple):
    """The puzzles of a task from `first` to `stop`."""

    task: str
    level: int | None
    seed: int
    first: int
    stop: int


class PuzzleMakers:
    """Processes that end with the block that they are used in; each works on one block at a time."""

    def __init__(self, num_processes: int) -> None:
        self._threads = ThreadPoolExecutor(num_processes)
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        self._processes = [_started() for _ in range(num_processes)]
        for process in self._processes:
            self._idle.put(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            process.communicate()

    def tasks(self) -> Mapping[str, PuzzleTask]:
        """The tasks that the installed version has."""
        return {task: PuzzleTask(*facts) for task, facts in self._ask(None).items()}

    def make(self, block: PuzzleBlock) -> "Future[Puzzles]":
        """The puzzles of a block, as soon as a process is free. Raises InputError where it dies of them."""
        return self._threads.submit(self._ask, block)

    def _ask(self, asked: PuzzleBlock | None) -> Any:  # noqa: ANN401 - JSON
        process = self._idle.get()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            self._idle.put(process)
        if not line:
            what = f"the puzzles of {asked.task}" if asked else "the list of its tasks"
            raise InputError(
                f"The process that makes reasoning-gym's puzzles ended over {what}; see its message above."
            )
        return json.loads(line)


def _started() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": HASH_SEED, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    line = [sys.executable, "-m", "distill.prompts.sources.puzzles.making"]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, stdin=pipe, stdout=pipe, env=environment, text=True, encoding="utf-8")

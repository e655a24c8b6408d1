"""Runs `generate` over and over and kills it, cheaply: `python -m tests.killing FOLDER URL LOG --kills 200`.

Starting a Python with all that a run needs takes a second of CPU. So one process imports it once and forks: every child
opens the run folder and samples until SIGKILL ends it. A third are killed from outside after some answers, a third at
an operation on the run folder (so also while sealing, renaming and unlinking), a third in the middle of a write,
which leaves a torn line. The last child is left alone.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder, journal
from distill.verifiers import (
    math_answer,  # noqa: F401
    verify,  # noqa: F401 - imported before the fork, so that no child has to
)

CONCURRENCY = 8
POLICY = "at_least(2, 8)"
MOST_BYTES = 600
"""Of the endpoint's log, about thirty answers."""
EVENTS = frozenset({"open", "os.rename", "os.remove"})


def generate(folder: Path, url: str) -> None:
    """What `distill generate` does."""
    settings = GenerateSection(policy=POLICY, concurrency=CONCURRENCY)
    with RunFolder.open(folder / "run", lambda _: None) as run:
        import_prompts(run, folder / "prompts.jsonl")
        teacher = TeacherSection(model="toy", endpoints=(url,))
        stage.generate(run, teacher, settings, None, VerifySection(workers=1))


def die() -> None:
    """As the kernel or a power cut would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_operation(number: int, folder: str) -> None:
    """Be killed right before an operation on the run folder."""
    left = number

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in EVENTS and str(arguments[0]).startswith(folder):
            left -= 1
            if left == 0:
                die()

    sys.addaudithook(count)


def die_in_write(number: int) -> None:
    """Be killed when some bytes of a group of lines are written, and the rest is not."""
    left = number

    def write(self: journal.Journal, data: memoryview) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            os.write(self._file, data[: max(1, len(data) * 2 // 3)])
            die()
        return os.write(self._file, data)

    journal.Journal._write_some = write  # type: ignore[method-assign]


def forked(work: Callable[[], None]) -> int:
    """Start `work` in a copy of this process."""
    child = os.fork()
    if child:
        return child
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)
        work()
        os._exit(0)
    finally:
        os._exit(1)


def num_bytes(log: Path) -> int:
    """How much the endpoint has answered."""
    return log.stat().st_size if log.exists() else 0


def killed(work: Callable[[], None], arm: Callable[[], None], log: Path, num_more: int) -> int:
    """Let a child work until what it is armed with, or so many more bytes of answers, kill it; returns how it ended."""

    def armed() -> None:
        arm()
        work()

    before, child = num_bytes(log), forked(armed)
    while num_bytes(log) <= before + num_more:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main() -> None:
    """Kill, then let one finish; prints how many were killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("url")
    parser.add_argument("log", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    options = parser.parse_args()
    rng, run = random.Random(0), str(options.folder / "run")
    work = partial(generate, options.folder, options.url)

    num_killed = 0
    for number in range(options.kills):
        arm = (
            lambda: None,
            partial(die_at_operation, rng.randrange(1, 30), run),
            partial(die_in_write, rng.randrange(1, 9)),
        )[number % 3]
        status = killed(work, arm, options.log, rng.randrange(MOST_BYTES))
        num_killed += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
            sys.exit(f"attempt {number} failed by itself")
    if os.waitpid(forked(work), 0)[1]:
        sys.exit("the last attempt failed")
    print(num_killed)


if __name__ == "__main__":
    main()

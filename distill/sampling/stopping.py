"""How the user stops sampling, and the command that goes on with it."""

import asyncio
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from distill.progress import say
from distill.sampling.batches.sampler import BatchSampler
from distill.sampling.sampler import Sampler

ONCE = ("--restart", "--redraw")
"""Options that throw away what a run holds: given again, they would throw away what was drawn since."""


@contextmanager
def stopped_by_signals(sampler: Sampler | BatchSampler) -> Iterator[None]:
    """Ctrl-C or SIGTERM: finish what is under way; once more: stop at once. What was answered is stored anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if sampler.is_stopping:
            assert task is not None
            task.cancel()
            return
        say(f"Stopping: {sampler.parting} To go on later: {command()}")
        sampler.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def command(*more: str) -> str:
    """The command line that goes on with what this one began, and `more` behind it."""
    return shlex.join(["distill", *going_on(sys.argv[1:]), *more])


def redraw_command() -> str:
    """The command line that draws again what was refused."""
    can_redraw = sys.argv[1:2] in (["generate"], ["run"])
    return command("--redraw", "refused") if can_redraw else "distill generate … --redraw refused"


def going_on(words: Sequence[str]) -> list[str]:
    """A command line without the options that are meant once.

    >>> going_on(["generate", "p.jsonl", "--restart", "generate", "--run", "r", "--redraw=refused"])
    ['generate', 'p.jsonl', '--run', 'r']
    """
    return [
        word
        for before, word in pairwise(["", *words])
        if word not in ONCE and before not in ONCE and not word.startswith(tuple(f"{option}=" for option in ONCE))
    ]

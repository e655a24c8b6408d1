"""Blocks over processes: all cores prepare, each with one block in hand."""

import os
import pickle
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from distill.errors import DistillError
from distill.training.examples.encode import Encoder
from distill.training.examples.seal import RowForm, seal
from distill.training.examples.summary import Summary
from distill.training.examples.worker import Task

Process = subprocess.Popen[bytes]


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def seal_all(
    tasks: Sequence[Task], encoder: Encoder, form: RowForm, num_processes: int
) -> Iterator[tuple[Task, Summary]]:
    """Prepare every block, and give each when it is finished.

    What a process raises is raised here. Raises DistillError where a process was killed. A caller that stops takes the
    processes with it; finished blocks stay.
    """
    number = min(num_processes, len(tasks))
    if number < 2:
        yield from ((task, seal(*task, encoder, form)) for task in tasks)
        return
    waiting, working = iter(tasks), dict[Process, Task]()
    with _started(number) as processes, selectors.DefaultSelector() as answers:
        for process in processes:
            assert process.stdout is not None
            _send(process, (encoder, form))
            answers.register(process.stdout, selectors.EVENT_READ, process)
            working[process] = next(waiting)
            _send(process, working[process])
        while working:
            for key, _ in answers.select():
                process = key.data
                summary = _answer(process)
                yield working.pop(process), summary
                if (task := next(waiting, None)) is not None:
                    working[process] = task
                    _send(process, task)


@contextmanager
def _started(number: int) -> Iterator[list[Process]]:
    """Processes that end with the block, whatever ends it. Each has one thread: there is one for every core."""
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "distill.training.examples.worker"]
    processes = list[Process]()
    try:
        for _ in range(number):
            processes.append(subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment))
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.communicate()


def _send(process: Process, value: object) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended, which the missing answer tells
        pickle.dump(value, process.stdin)
        process.stdin.flush()


def _answer(process: Process) -> Summary:
    assert process.stdout is not None
    try:
        answer = pickle.load(process.stdout)  # noqa: S301 - from our own process
    except EOFError:
        code = process.wait()
        reason = "was killed, most likely since memory ran out" if code == -9 else f"ended with exit code {code}"
        raise DistillError(
            f"A process that prepared rows {reason}. Run the command again: what is finished is kept."
        ) from None
    if isinstance(answer, Exception):
        raise answer
    assert isinstance(answer, Summary)
    return answer

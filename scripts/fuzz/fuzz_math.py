"""Hostile answers through extraction and decision: `python scripts/fuzz/fuzz_math.py [--num-strings N] [--seed S]`.

A million strings by default, in two processes. Prints how many raised an exception, how many took over a second of CPU
time, and the slowest five; the status is 1 if there was any of the first two. A string is named by its number:
`pairs.pair(SEED, NUMBER)` makes it again. What sympy would be asked is not tried: it is killed at its limit.
"""

import argparse
import gc
import heapq
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from pairs import pair

from distill.verifiers.math_answer.decide import decide, reference_text
from distill.verifiers.math_answer.extracting.extract import extract

LIMIT_S = 1.0
"""Seconds of CPU time of one string."""
_STUCK_S = 60.0
"""Wall seconds of one string after which its process is killed: it hangs where no signal reaches it."""
_MEMORY_BYTES = 3 * 2**30
_COLLECTED_EVERY = 500
"""As in a worker: between decisions, so that none is charged for it."""
_MAX_FRAMES = 20_000
"""As the workers have."""
_SPAWN = get_context("spawn")


class _OverLimitError(BaseException):
    """A string takes too long. No `Exception`, so that nothing on the way takes it for one of its own."""


class Trial(NamedTuple):
    """What came of a string."""

    number: int
    seconds: float
    """Of CPU time."""
    problem: str
    """Empty where nothing was wrong."""


def attempt(seed: int, index: int) -> str:
    """Take one string through; the outcome.

    Raises:
        Exception: A bug.
    """
    reference, completion = pair(seed, index)
    found = extract(completion)
    if found is None:
        return "no answer"
    return str(decide(reference_text(reference), found).outcome)


def _tried(seed: int, index: int) -> Trial:
    started_s = time.process_time()
    problem = ""
    try:
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        attempt(seed, index)
        signal.setitimer(signal.ITIMER_PROF, 0)
    except _OverLimitError:
        problem = "over the limit in " + _place()
    except Exception as error:  # noqa: BLE001 - any is a finding
        signal.setitimer(signal.ITIMER_PROF, 0)
        problem = f"{type(error).__name__} in {_place()}"
    seconds = time.process_time() - started_s
    return Trial(index, seconds, problem or ("over the limit" if seconds > LIMIT_S else ""))


def _place() -> str:
    """The innermost of our lines on the way to the exception at hand."""
    frames = [frame for frame in traceback.extract_tb(sys.exc_info()[2]) if "math_answer" in frame.filename]
    return (
        f"{frames[-1].filename.partition('math_answer/')[2]}:{frames[-1].lineno} ({frames[-1].name})" if frames else "?"
    )


def _over(_signal: int, _frame: object) -> None:
    raise _OverLimitError


def _work(seed: int, first: int, last: int, out: Connection) -> None:
    """Try the strings of these numbers, and hand each over."""
    signal.signal(signal.SIGPROF, _over)
    sys.setrecursionlimit(_MAX_FRAMES)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    gc.disable()
    for index in range(first, last):
        out.send(_tried(seed, index))
        if index % _COLLECTED_EVERY == 0:
            gc.collect()
    out.close()


class _Runner:
    """A process and what it has left to try."""

    def __init__(self, seed: int, first: int, last: int) -> None:
        self.seed, self.next, self.last = seed, first, last
        self._start()

    def _start(self) -> None:
        self.results, ours = _SPAWN.Pipe(duplex=False)
        self.process: BaseProcess = _SPAWN.Process(target=_work, args=(self.seed, self.next, self.last, ours))
        self.process.start()
        ours.close()
        self.heard_s = time.monotonic()

    def take(self) -> Trial | None:
        """The next result; the process is begun anew behind a string that it died on. None at the end."""
        self.heard_s = time.monotonic()
        try:
            trial: Trial = self.results.recv()
        except EOFError:
            self.process.join()
            if self.next >= self.last:
                return None
            trial = Trial(self.next, LIMIT_S, f"its process ended with status {self.process.exitcode}")
            self.next += 1
            self._start()
            return trial
        self.next = trial.number + 1
        return trial

    def watch(self) -> None:
        """Kill what hangs."""
        if time.monotonic() - self.heard_s > _STUCK_S:
            self.process.kill()


def trials(seed: int, first: int, num_strings: int, num_processes: int) -> Iterator[Trial]:
    """All results, in any order."""
    cuts = [first + num_strings * part // num_processes for part in range(num_processes + 1)]
    left = [_Runner(seed, *cut) for cut in pairwise(cuts)]
    while left:
        ready = wait([runner.results for runner in left], timeout=5.0)
        for runner in [runner for runner in left if runner.results in ready]:
            trial = runner.take()
            if trial is None:
                left.remove(runner)
            else:
                yield trial
        for runner in left:
            runner.watch()


def main() -> int:
    """Run, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-strings", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first string")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    problems, slowest, num_done = Counter[str](), list[tuple[float, int]](), 0
    for trial in trials(options.seed, options.first, options.num_strings, options.processes):
        num_done += 1
        slowest = heapq.nlargest(5, [*slowest, (trial.seconds, trial.number)])
        if trial.problem:
            problems[trial.problem] += 1
            print(f"{trial.number}: {trial.problem}, {trial.seconds:.2f} s", flush=True)
    num_late = sum(count for problem, count in problems.items() if problem.startswith("over the limit"))
    num_raised = sum(problems.values()) - num_late
    print(f"{num_done:,} strings, {num_raised} exceptions, {num_late} over {LIMIT_S:g} s of CPU time")
    for problem, count in problems.most_common():
        print(f"{count:>6} {problem}")
    print("Slowest: " + ", ".join(f"{index} ({seconds:.3f} s)" for seconds, index in slowest))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

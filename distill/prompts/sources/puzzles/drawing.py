"""Puzzles that the package reasoning-gym makes, as many as are asked for, each with the scorer that decides on answers.

reasoning-gym:chain_sum              one task, as hard as the package makes it by itself
reasoning-gym:countdown@3,n_queens   several tasks in turn, one of them at a level of its curriculum
reasoning-gym:logic@0-4              all tasks of a domain that are fit, each in turn at those of the levels it has

A row has all that its puzzle is made again of: `create_dataset(task, seed=…, size=…, **settings)[index]`, with what its
`scorer.entry.made` holds, gives it where PYTHONHASHSEED is 0, and at a level the task's curriculum gives the settings.
Rows are the same for the same seed, and a larger size begins with the rows of a smaller one.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from importlib.util import find_spec
from itertools import count, islice

from distill.errors import InputError, MissingExtraError
from distill.ordered import ahead
from distill.progress import say
from distill.prompts.sources.puzzles.makers import PuzzleBlock, PuzzleMakers, Puzzles
from distill.prompts.sources.puzzles.picks import Pick, left_out, pick
from distill.rows.parse import Row
from distill.rows.read import Located

DEFAULT_SIZE = 100
NUM_PROCESSES, MANY = 2, 500
"""Each process takes seconds to import the package, so that fewer puzzles than `MANY` come from one."""
MAX_REPEATS = 200
"""A task that gives nothing new for so many puzzles has no more to give."""
MAX_FAILURES = 5
"""A level at which so many puzzles in a row could not be made is given up."""
MAX_BLOCK = 10
"""Puzzles that are made at a time."""
BLOCKS_AHEAD = 2
"""The one whose puzzles are given, and the next one."""
Make = Callable[[PuzzleBlock], "Future[Puzzles]"]


def read_puzzles(argument: str, size: int | None, seed: int) -> Iterator[Located]:
    """Draw puzzles of all tasks in turn, and of each task at all its levels in turn.

    Raises MissingExtraError without the package, and InputError for tasks and levels that it does not have.
    """
    if find_spec("reasoning_gym") is None:
        raise MissingExtraError(
            "reasoning-gym is not installed; install it with `pip install 'distill[prompts]'` and run the command "
            "again."
        )
    wanted = DEFAULT_SIZE if size is None else size
    with PuzzleMakers(NUM_PROCESSES if wanted >= MANY else 1) as makers:
        tasks = makers.tasks()
        picks = pick(argument, tasks)
        _tell(left_out(argument, tasks))
        yield from islice(draw(picks, wanted, seed, makers.make), wanted)


def draw(picks: Sequence[Pick], wanted: int, seed: int, make: Make) -> Iterator[Located]:
    """Different puzzles of all tasks in turn, until no task has more to give; `wanted` says how many will be taken."""
    size = min(MAX_BLOCK, -(-wanted // sum(len(picked.levels) for picked in picks)))
    return _in_turn([_of_task(picked, seed, size, make) for picked in picks])


def _of_task(picked: Pick, seed: int, size: int, make: Make) -> Iterator[Located]:
    """The different puzzles of a task, at its levels in turn."""
    return _different(_in_turn([_rows(picked, level, seed, size, make) for level in picked.levels]))


def _rows(picked: Pick, level: int | None, seed: int, size: int, make: Make) -> Iterator[Located]:
    """The puzzles of a task at a level, and for each that was not made the reason; the next block is made meanwhile."""
    name = picked.task if level is None else f"{picked.task}@{level}"
    num_failures = 0
    blocks = (PuzzleBlock(picked.task, level, seed, first, first + size) for first in count(0, size))
    for block, made in ahead(((block, make(block)) for block in blocks), BLOCKS_AHEAD):
        for number, entry in enumerate(made.result(), start=block.first):
            num_failures = num_failures + 1 if isinstance(entry, str) else 0
            row = InputError(entry) if isinstance(entry, str) else _row(picked, name, seed, number, entry)
            yield Located(row, f"reasoning-gym:{name}, problem {number}")
            if num_failures == MAX_FAILURES:
                return


def _row(picked: Pick, name: str, seed: int, number: int, entry: Mapping[str, object]) -> Row:
    scorer = {"package": "reasoning-gym", "task": picked.task, "entry": entry}
    return {
        "id": f"{name}-{seed}-{number}",
        "domain": picked.domain,
        "question": entry["question"],
        "scorer": scorer,
    }


def _different(rows: Iterator[Located]) -> Iterator[Located]:
    """Rows whose question is new, until none comes any more; where there was none, the reason, as a row."""
    seen: set[bytes] = set()
    failed, num_repeats = None, 0
    for located in rows:
        if isinstance(located.row, InputError):
            failed = located
        elif (key := _key(located.row)) not in seen:
            num_repeats = 0
            seen.add(key)
            yield located
        else:
            num_repeats += 1
            if num_repeats == MAX_REPEATS:
                break
    if failed is not None and not seen:
        yield failed


def _key(row: Row) -> bytes:
    return hashlib.blake2b(str(row["question"]).encode(), digest_size=16).digest()


def _in_turn(streams: Iterable[Iterator[Located]]) -> Iterator[Located]:
    """One row of each stream, then the next of each, until all have ended; none is asked before its turn."""
    remaining = list(streams)
    while remaining:
        ended = []
        for stream in remaining:
            row = next(stream, None)
            if row is None:
                ended.append(stream)
            else:
                yield row
        remaining = [stream for stream in remaining if stream not in ended]


def _tell(unfit: Mapping[str, str]) -> None:
    """Say what a domain's name leaves out."""
    for reason in sorted(set(unfit.values())):
        tasks = ", ".join(sorted(task for task in unfit if unfit[task] == reason))
        say(f"reasoning-gym: left out unless named: {tasks}: {reason}.")

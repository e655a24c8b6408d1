"""The folder beside a model in which its training works: rows, checkpoints, logs, and the settings it began with."""

import json
from pathlib import Path

import yaml

from distill.errors import RunError
from distill.files import write_whole
from distill.training.changes import KEYS, Settings, changes

SETTINGS = "settings.json"
METRICS = "metrics.json"
"""What the worker measured; it is there once the training has ended."""
PROGRESS = "progress.jsonl"
"""A line for each step, and for each log with its loss, of the training's last start."""
LOG = "train.log"
REFUSAL = "distill stops: "
"""Starts the line of the log in which a worker says in a sentence why it stopped."""
RECIPE_FILE = "recipe.yaml"
"""In the model folder: the recipe that it was trained with, every override applied."""

FORM = "checkpoints"
"""Among the settings: what a checkpoint looks like under their layout."""


def work_of(out: Path) -> Path:
    """`OUT.work`: the model folder itself holds the model and nothing else."""
    return out.with_name(f"{out.name}.work")


def is_trained(out: Path, result: str) -> bool:
    """Whether nothing of a training is left to do but its export, or not even that."""
    return (work_of(out) / METRICS).is_file() or (out / result).is_file()


def guard(work: Path, settings: Settings) -> None:
    """What is trained so far is resumed or exported only where the weights become what they would have been.

    Raises RunError with each key that stands in the way, and where the checkpoints are of another layout.
    """
    file, is_trained = work / SETTINGS, (work / METRICS).is_file()
    has_checkpoints = any(work.glob("checkpoint-*"))
    if (is_trained or has_checkpoints) and file.is_file():
        then = read_settings(work)
        compare(work, then, settings)
        if not is_trained:
            _compare_forms(work, then, settings)
    write_whole(file, json.dumps(settings))


def read_settings(work: Path) -> Settings:
    """What a training began with."""
    settings = json.loads((work / SETTINGS).read_text(encoding="utf-8"))
    assert isinstance(settings, dict)
    return settings


def read_recipe(out: Path) -> Settings:
    """The recipe of a finished model; empty where an earlier version made it."""
    file = out / RECIPE_FILE
    return {KEYS: yaml.safe_load(file.read_text(encoding="utf-8"))} if file.is_file() else {}


def compare(folder: Path, then: Settings, now: Settings) -> None:
    """Raises RunError where settings differ in what decides the weights, with what they were and are."""
    if found := changes({k: v for k, v in then.items() if k != FORM}, now):
        raise RunError(
            f"{folder} belongs to a training with {' and '.join(found)}. Set it back to go on, choose another --out, "
            "or remove the folder to train anew."
        )


def _compare_forms(work: Path, then: Settings, now: Settings) -> None:
    before, after = then.get(FORM), now.get(FORM)
    if before != after and before is not None:
        raise RunError(
            f"The checkpoints in {work} are of another layout ({before}), which this one ({after}) cannot read. Go on "
            f"with the layout that wrote them, or remove {work}/checkpoint-* to train anew."
        )

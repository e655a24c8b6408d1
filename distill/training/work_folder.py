"""The folder beside a model in which its training works: rows, checkpoints, logs, and the settings it began with."""

import json
from pathlib import Path

from distill.errors import RunError
from distill.files import write_whole

SETTINGS = "settings.json"
METRICS = "metrics.json"
"""What the worker measured; it is there once the training has ended."""


def work_of(out: Path) -> Path:
    """`OUT.work`: the model folder itself holds the model and nothing else."""
    return out.with_name(f"{out.name}.work")


def is_trained(out: Path, result: str) -> bool:
    """Whether nothing of a training is left to do but its export, or not even that."""
    return (work_of(out) / METRICS).is_file() or (out / result).is_file()


def guard(work: Path, settings: dict[str, str]) -> None:
    """What is trained so far is resumed or exported only under the settings that it was trained with."""
    file = work / SETTINGS
    is_begun = any(work.glob("checkpoint-*")) or (work / METRICS).is_file()
    if is_begun and file.is_file():
        compare(work, read_settings(work), settings)
    write_whole(file, json.dumps(settings))


def read_settings(work: Path) -> dict[str, str]:
    """The digests that a training began with."""
    settings = json.loads((work / SETTINGS).read_text(encoding="utf-8"))
    assert isinstance(settings, dict)
    return settings


def compare(folder: Path, then: dict[str, str], now: dict[str, str]) -> None:
    """Raises RunError where settings differ, with the names of those that do."""
    changed = [name for name, digest in now.items() if then.get(name) != digest]
    if changed:
        raise RunError(
            f"{folder} belongs to a training with another {' and '.join(changed)}. Choose another --out, or remove the "
            "folder to train anew."
        )

"""The settings behind a version, as flat names and texts, and where two of them differ."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.dataset.changes import SettingChange
from distill.errors import InputError
from distill.store.manifest import Manifest, read_manifest, runs_behind

_COUNTED = frozenset({"name", "decisions", "cost", "commands", "origin"})
"""What `selection.json` says of a run that is no setting of it."""


def run_settings(manifest: Manifest) -> dict[str, str]:
    """The settings of a run's stages: `generate.sampling.temperature` ─▶ `0.6`."""
    return {name: text for stage, entry in manifest.stages.items() for name, text in _flat(stage, entry.settings)}


def dataset_settings(folder: Path | None, *, from_manifests: bool) -> dict[str, str]:
    """What a dataset folder says of how it was made; nothing where it says nothing, as one of others.

    `from_manifests` tells whether the settings of its runs come from their manifests, or, as where one of two datasets
    has none, from `selection.json`. Raises InputError where that cannot be read.
    """
    if folder is None or not (folder / "selection.json").is_file():
        return {}
    try:
        said = json.loads((folder / "selection.json").read_bytes())
        found: dict[str, object] = {"select": said["settings"], "distill": said.get("distill_version")}
        runs = {run["name"]: {key: run[key] for key in run if key not in _COUNTED} for run in said["runs"]}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        file = folder / "selection.json"
        raise InputError(f"{file} is damaged ({error}); fetch or select the dataset anew.") from None
    if from_manifests:
        runs = {run.name: run_settings(read_manifest(run)) for run in runs_behind(folder)}
    found |= {"run" if len(runs) == 1 else f"run.{name}": made for name, made in runs.items()}
    return {key: text for prefix, tree in found.items() for key, text in _flat(prefix, tree)}


def has_manifests(folder: Path | None) -> bool:
    """Whether a dataset folder holds the manifests of its runs."""
    return folder is not None and bool(runs_behind(folder))


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[SettingChange, ...]:
    """The settings that differ; none where one of the versions says nothing of its own."""
    if not before or not after:
        return ()
    return tuple(
        SettingChange(name=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The leaves of a tree; lists are leaves."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _flat(f"{name}.{key}", inside)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""The settings behind a version, as flat names and texts, and where two of them differ."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.dataset.changes import SettingChange
from distill.errors import InputError
from distill.recipe.sections import SelectSection
from distill.store.manifest import Manifest, read_manifest

_COUNTED = frozenset({"name", "decisions", "cost"})
"""What `selection.json` says of a run that is no setting of it."""


def run_settings(manifest: Manifest) -> dict[str, str]:
    """The settings of a run's stages: `generate.sampling.temperature` ─▶ `0.6`."""
    return {name: text for stage, entry in manifest.stages.items() for name, text in _flat(stage, entry.settings)}


def dataset_settings(folder: Path | None) -> dict[str, str]:
    """What a dataset folder says of how it was made; nothing where it says nothing, as one of others.

    Raises InputError where its `selection.json` cannot be read.
    """
    if folder is None or not (folder / "selection.json").is_file():
        return {}
    try:
        said = json.loads((folder / "selection.json").read_bytes())
        settings = {name: value for name, value in said["settings"].items() if name not in SelectSection.operational}
        runs = {run["name"]: {key: run[key] for key in run if key not in _COUNTED} for run in said["runs"]}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{folder / 'selection.json'} is damaged ({error}); fetch or select the dataset anew."
        ) from None
    found = {"select": settings, "distill": said.get("distill_version")}
    for name, made in runs.items():
        prefix = "run" if len(runs) == 1 else f"run.{name}"
        found[prefix] = made
        if (folder / "provenance" / name / "manifest.json").is_file():
            found[f"{prefix}.manifest"] = run_settings(read_manifest(folder / "provenance" / name))
    return {key: text for prefix, tree in found.items() for key, text in _flat(prefix, tree)}


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
